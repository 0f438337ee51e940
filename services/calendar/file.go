package calendar

import (
	"bytes"
	"fmt"
	"strconv"
	"time"

	ics "github.com/arran4/golang-ical"

	"datalek/incidents"
)

// productID names the program in its files (RFC 5545, 3.7.3).
const productID = "-//datalek//deadlines//NL"

// File writes deadlines as one iCalendar file, made at now. Times are UTC; each
// warning still to come is an alarm before the deadline, the nearest first, since
// Outlook keeps only one.
func (c *Calendar) File(list []incidents.Appointment, now time.Time) ([]byte, error) {
	file := ics.NewCalendar()
	file.SetProductId(productID)
	file.SetMethod(ics.MethodPublish)
	for _, a := range list {
		event := file.AddEvent(a.UID + "@datalek")
		event.SetDtStampTime(now)
		event.SetStartAt(a.At) // without an end: an instant (RFC 5545, 3.6.1)
		event.SetSequence(int(a.Sequence))
		event.SetSummary(a.Title)
		event.SetDescription(a.Text)
		if a.Address != "" {
			event.SetURL(a.Address)
		}
		event.SetClass(ics.ClassificationPrivate)
		event.SetTimeTransparency(ics.TransparencyTransparent) // a deadline keeps nobody busy
		for _, at := range a.Alarms {
			alarm := event.AddAlarm()
			alarm.SetAction(ics.ActionDisplay)
			alarm.SetDescription(a.Title)
			alarm.SetTrigger(before(a.At.Sub(at)))
		}
	}
	var out bytes.Buffer
	if err := file.SerializeTo(&out, ics.WithNewLineWindows); err != nil {
		return nil, fmt.Errorf("write calendar file: %w", err)
	}
	return out.Bytes(), nil
}

// before says a span before the deadline as a trigger (RFC 5545, 3.8.6.3).
// Outlook reads a relative trigger, and not all of it an instant.
func before(lead time.Duration) string {
	minutes := int(lead / time.Minute)
	text := "-PT"
	if hours := minutes / 60; hours > 0 {
		text += strconv.Itoa(hours) + "H"
	}
	if rest := minutes % 60; rest > 0 || minutes == 0 {
		text += strconv.Itoa(rest) + "M"
	}
	return text
}
