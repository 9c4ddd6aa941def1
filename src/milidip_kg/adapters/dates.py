"""Dates with the precision that a dataset gives them, and no more."""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import date

from milidip_kg.resolve import Span


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date known to the year, the month or the day; always one that the calendar has."""

    year: int
    month: int | None = None
    day: int | None = None

    @property
    def edtf(self) -> str:
        """The date as EDTF writes it."""
        text = f"{self.year:04}"
        if self.month is not None:
            text += f"-{self.month:02}"
        return text if self.day is None else f"{text}-{self.day:02}"

    @property
    def span(self) -> Span:
        """The earliest and the latest day that it allows."""
        last = self.month or 12
        return (
            date(self.year, self.month or 1, self.day or 1),
            date(self.year, last, self.day or calendar.monthrange(self.year, last)[1]),
        )

    def shared(self, other: PartialDate) -> PartialDate | None:
        """What both say: the date as far as the two agree, or nothing if not even the years do."""
        if self.year != other.year:
            return None
        if self.month != other.month or self.month is None:
            return PartialDate(self.year)
        return PartialDate(self.year, self.month, self.day if self.day == other.day else None)


def partial_date(year: int, month: int | None = None, day: int | None = None) -> tuple[PartialDate, str | None]:
    """The date, reduced to the precision that the calendar allows, and what was wrong if it had to be reduced.

    A day without a month says nothing and is dropped like one that does not exist.

    Raises:
        ValueError: the year is not one of four digits.
    """
    if not 1000 <= year <= 9999:
        raise ValueError(f"{year} is not a year of four digits")
    if month is None:
        return PartialDate(year), None if day is None else f"day {day} without a month"
    if not 1 <= month <= 12:
        return PartialDate(year), f"there is no month {month}"
    if day is not None and not 1 <= day <= calendar.monthrange(year, month)[1]:
        return PartialDate(year, month), f"{year:04}-{month:02} has no day {day}"
    return PartialDate(year, month, day), None
