"""What tests of authoring share: a course of one lesson."""

from tests.authoring.a_course import course

__all__ = ["course"]
