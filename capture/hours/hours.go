// Package hours says when a camera is used: by times of day on the local wall clock, and by the sun.
//
// The package is pure: the time is an argument, and its location is the wall clock.
package hours

import (
	"sort"
	"time"
)

// Schedule is when something is open: while at least one of its entries is. The zero value is never open.
type Schedule struct {
	Entries []Entry
	Place   Place // for entries that name the sun
}

// Place is where the sun is watched from, in degrees: north and east are positive.
type Place struct{ Latitude, Longitude float64 }

// Entry is a span of time that returns on some days of the week. It belongs to the day on which it begins.
type Entry struct {
	Days        [7]bool // by time.Weekday
	From, Until Time
}

// Time is a time of day: a time on the clock, or one that goes with the sun.
type Time struct {
	Sun    Sun
	Offset time.Duration // from midnight, or from what Sun says
}

// Sun is what a Time goes with.
type Sun int

// What a Time may go with.
const (
	Clock Sun = iota
	Sunrise
	Sunset
)

// NamesSun tells whether e needs a Place.
func (e Entry) NamesSun() bool { return e.From.Sun != Clock || e.Until.Sun != Clock }

// horizon is how many days ahead a change is looked for: each entry returns within a week, and one that names the sun may be
// empty on a few.
const horizon = 9

// At tells whether s is open at t, and when that changes next; zero: not within the next days. That takes a tenth of a
// millisecond; it need not be asked again before, unless the clock was set. As a clock is set for summer it shows some times
// twice, of which the first counts, and some never, which come as much later.
func (s Schedule) At(t time.Time) (open bool, next time.Time) {
	spans := s.spans(t)
	for _, span := range spans {
		if !t.Before(span.from) && t.Before(span.until) {
			if span.until.Before(t.AddDate(0, 0, horizon-2)) {
				next = span.until
			}
			return true, next
		}
		if t.Before(span.from) {
			return false, span.from
		}
	}
	return false, time.Time{}
}

// span is a time that is open, without its end.
type span struct{ from, until time.Time }

// spans are those around t, in their order, none of which touch.
func (s Schedule) spans(t time.Time) []span {
	var list []span
	for d := -2; d <= horizon; d++ {
		day := time.Date(t.Year(), t.Month(), t.Day()+d, 12, 0, 0, 0, t.Location()) // some clocks are set on at midnight
		for _, e := range s.Entries {
			if e.Days[day.Weekday()] {
				if one := e.on(day, s.Place); one.from.Before(one.until) {
					list = append(list, one)
				}
			}
		}
	}
	sort.Slice(list, func(i, j int) bool { return list[i].from.Before(list[j].from) })
	var joined []span
	for _, one := range list {
		if last := len(joined) - 1; last >= 0 && !one.from.After(joined[last].until) {
			if one.until.After(joined[last].until) {
				joined[last].until = one.until
			}
			continue
		}
		joined = append(joined, one)
	}
	return joined
}

// on is the span that begins on a day, given by its noon; it is empty where the sun leaves nothing of it.
func (e Entry) on(day time.Time, p Place) span {
	next := day.AddDate(0, 0, 1)
	from, until := e.From.on(day, p), e.Until.on(day, p)
	switch {
	case e.From.Sun == Sunrise && e.Until.Sun == Sunset: // by day, which may be shorter than what is taken off
	case e.From.Sun == Sunset && e.Until.Sun == Sunrise: // by night
		until = e.Until.on(next, p)
	case !until.After(from):
		until = e.Until.on(next, p)
	}
	return span{from, until}
}

// on is t on a day, given by its noon.
func (t Time) on(day time.Time, p Place) time.Time {
	switch t.Sun {
	case Sunrise:
		rise, _ := p.Sun(day)
		return rise.Add(t.Offset)
	case Sunset:
		_, set := p.Sun(day)
		return set.Add(t.Offset)
	}
	return wall(day, int(t.Offset/time.Minute))
}

// wall is when a clock shows so many minutes after midnight of a day: the first time, if it does so twice. What it leaves out
// as it is set on comes as much later: 02:30, of a night that has no hour after 02:00, is what it shows as 03:30.
func wall(day time.Time, minutes int) time.Time {
	shown := time.Date(day.Year(), day.Month(), day.Day(), 0, minutes, 0, 0, time.UTC)
	with := func(offset int) (t time.Time, is int) { // where the clock is so many seconds ahead of UTC
		t = shown.Add(-time.Duration(offset) * time.Second).In(day.Location())
		_, is = t.Zone()
		return t, is
	}
	_, before := day.AddDate(0, 0, -1).Zone()
	t, offset := with(before)
	if offset != before { // the clock has been set since
		if later, is := with(offset); is == offset {
			return later
		}
	}
	return t
}
