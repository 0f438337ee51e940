package page

// MonthName returns the name of a month, 1 to 12.
func MonthName(lang string, month int) string { return calendarOf(lang).months[month-1] }

// ShortMonthName is MonthName where there is little room.
func ShortMonthName(lang string, month int) string { return calendarOf(lang).shortMonths[month-1] }
