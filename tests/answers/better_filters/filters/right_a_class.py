from fastapi_filters import FilterSet, create_filters_from_set


class TaskFilters(FilterSet):
    name: FilterField[str] = FilterField(operators=[FilterOperator.ilike], default_op=FilterOperator.ilike)
    done: FilterField[bool] = FilterField(operators=[FilterOperator.eq])
    due_date: FilterField[date] = FilterField(
        operators=[FilterOperator.ge, FilterOperator.le], default_op=FilterOperator.le
    )


def task_filters():
    return create_filters_from_set(TaskFilters)
