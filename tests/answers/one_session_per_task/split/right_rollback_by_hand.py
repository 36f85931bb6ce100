# try, rollback, finally: what the blocks do.


async def split_task(factory, id, parts):
    session = factory()
    try:
        session.add_all([Task(**part.model_dump()) for part in parts])
        found = await session.execute(delete(Task).where(Task.id == id).returning(Task.id))
        if found.first() is None:
            raise ValueError("unknown")
        await session.commit()
    except Exception:
        await session.rollback()
        raise
    finally:
        await session.close()
