package hours

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// wanted is what an entry looks like.
const wanted = `want one such as "mon-fri 07:30 to 18:00" or "sunrise-30m to sunset+30m"`

// maxOffset is the most that a time may be away from the sun's.
const maxOffset = 12 * time.Hour

var dayNames = []string{"sun", "mon", "tue", "wed", "thu", "fri", "sat"} // by time.Weekday

// Parse reads an entry: [days] FROM to UNTIL. Days are mon-fri,sun; without them it is every day. A time is HH:MM, sunrise or
// sunset, the two with +30m or -1h if need be. UNTIL at or before FROM is on the next day.
func Parse(text string) (Entry, error) {
	if len(text) > 100 {
		return Entry{}, fmt.Errorf("%d bytes are too many (%s)", len(text), wanted)
	}
	words := strings.Fields(strings.NewReplacer(", ", ",", " ,", ",").Replace(strings.ToLower(text)))
	at := slices.Index(words, "to")
	if at < 0 {
		return Entry{}, fmt.Errorf("there is no word to in %q (%s)", text, wanted)
	}
	e := Entry{Days: [7]bool{true, true, true, true, true, true, true}}
	from := words[:at]
	if len(from) > 1 && !strings.HasPrefix(from[0], "sunrise") && !strings.HasPrefix(from[0], "sunset") {
		var err error
		if e.Days, err = parseDays(from[0]); err != nil {
			return Entry{}, err
		}
		from = from[1:]
	}
	var err error
	if e.From, err = parseTime(strings.Join(from, "")); err != nil {
		return Entry{}, err
	}
	if e.Until, err = parseTime(strings.Join(words[at+1:], "")); err != nil {
		return Entry{}, err
	}
	return e, e.check()
}

// check finds entries that are never open, or that nobody can tell how long.
func (e Entry) check() error {
	switch {
	case e.From.Sun == Clock && e.From.Offset == 24*time.Hour:
		return errors.New("it begins at 24:00 (write 00:00 and the day after)")
	case e.From == e.Until:
		return errors.New("it begins and ends at the same time (write 00:00 to 24:00 for the whole day)")
	}
	return nil
}

// parseDays reads mon-fri,sun.
func parseDays(text string) (days [7]bool, err error) {
	for _, part := range strings.Split(text, ",") {
		first, last, isRange := strings.Cut(part, "-")
		if !isRange {
			last = first
		}
		from, until := slices.Index(dayNames, first), slices.Index(dayNames, last)
		if from < 0 || until < 0 {
			return days, fmt.Errorf("%q is no day or days (want some of mon, tue, wed, thu, fri, sat, sun: mon-fri,sun)", part)
		}
		days[from] = true
		for d := from; d != until; {
			d = (d + 1) % 7
			days[d] = true
		}
	}
	return days, nil
}

var (
	clockTime = regexp.MustCompile(`^([0-9]{1,2}):([0-9]{2})$`)
	sunTime   = regexp.MustCompile(`^(sunrise|sunset)([+-].+)?$`)
)

// parseTime reads HH:MM, sunrise, sunset+30m.
func parseTime(text string) (Time, error) {
	if m := clockTime.FindStringSubmatch(text); m != nil {
		hour, _ := strconv.Atoi(m[1])
		minute, _ := strconv.Atoi(m[2])
		if hour < 24 && minute < 60 || hour == 24 && minute == 0 {
			return Time{Offset: time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute}, nil
		}
	}
	if m := sunTime.FindStringSubmatch(text); m != nil {
		t := Time{Sun: Sunrise}
		if m[1] == "sunset" {
			t.Sun = Sunset
		}
		if m[2] == "" {
			return t, nil
		}
		offset, err := time.ParseDuration(m[2])
		if err == nil && offset.Abs() <= maxOffset {
			t.Offset = offset
			return t, nil
		}
		return Time{}, fmt.Errorf("%q is too far from the sun's time, or no duration (want at most 12h, such as %s+30m)", m[2], m[1])
	}
	return Time{}, fmt.Errorf("%q is no time of day (want 00:00 to 24:00, sunrise or sunset, or these with +30m or -1h)", text)
}

// String is t as Parse reads it.
func (t Time) String() string {
	if t.Sun == Clock {
		return fmt.Sprintf("%02d:%02d", t.Offset/time.Hour, t.Offset%time.Hour/time.Minute)
	}
	name := "sunrise"
	if t.Sun == Sunset {
		name = "sunset"
	}
	switch {
	case t.Offset > 0:
		return name + "+" + t.Offset.String()
	case t.Offset < 0:
		return name + t.Offset.String()
	}
	return name
}

// String is e as Parse reads it.
func (e Entry) String() string {
	var days []string
	for i := range dayNames {
		if d := (i + 1) % 7; e.Days[d] {
			days = append(days, dayNames[d])
		}
	}
	text := e.From.String() + " to " + e.Until.String()
	if len(days) < 7 {
		text = strings.Join(days, ",") + " " + text
	}
	return text
}
