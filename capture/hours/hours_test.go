package hours

import (
	"strings"
	"testing"
	"time"
)

func load(t *testing.T, name string) *time.Location {
	t.Helper()
	l, err := time.LoadLocation(name)
	if err != nil {
		t.Skip(err)
	}
	return l
}

func schedule(t *testing.T, place Place, entries ...string) Schedule {
	t.Helper()
	s := Schedule{Place: place}
	for _, text := range entries {
		e, err := Parse(text)
		if err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		s.Entries = append(s.Entries, e)
	}
	return s
}

var (
	berlin = Place{52.52, 13.405}
	quito  = Place{-0.18, -78.47}
	tromso = Place{69.65, 18.96}
)

// The times are those of the design, which NOAA's calculator gives.
func TestSun(t *testing.T) {
	for _, test := range []struct {
		name      string
		place     Place
		date      string
		rise, set string // UTC
	}{
		{"Berlin in June", berlin, "2026-06-21", "2026-06-21 02:43", "2026-06-21 19:33"},
		{"Berlin in December", berlin, "2026-12-21", "2026-12-21 07:15", "2026-12-21 14:54"},
		{"Quito in March", quito, "2026-03-20", "2026-03-20 11:18", "2026-03-20 23:25"},
		{"Tromsø in June", tromso, "2026-06-21", "2026-06-21 00:00", "2026-06-22 00:00"},
		{"Tromsø in December", tromso, "2026-12-21", "2026-12-21 12:00", "2026-12-21 12:00"},
		{"the south pole in June", Place{-90, 0}, "2026-06-21", "2026-06-21 12:00", "2026-06-21 12:00"},
		{"the north pole in June", Place{90, 0}, "2026-06-21", "2026-06-21 00:00", "2026-06-22 00:00"},
	} {
		day, err := time.Parse(time.DateOnly, test.date)
		if err != nil {
			t.Fatal(err)
		}
		rise, set := test.place.Sun(day)
		for _, pair := range [][2]any{{rise, test.rise}, {set, test.set}} {
			want, err := time.Parse("2006-01-02 15:04", pair[1].(string))
			if err != nil {
				t.Fatal(err)
			}
			if got := pair[0].(time.Time); got.Sub(want).Abs() > 2*time.Minute {
				t.Errorf("%s: %v, want %v", test.name, got, want)
			}
		}
	}
}

// On every day of a year, and everywhere, the sun's times are near those of the day before, and rise is before set.
func TestSunIsSteady(t *testing.T) {
	for lat := -66.0; lat <= 66; lat += 11 {
		for lon := -180.0; lon <= 180; lon += 45 {
			p := Place{lat, lon}
			zone := time.FixedZone("", int(lon/15)*3600)
			var before time.Time
			for d := range 366 {
				rise, set := p.Sun(time.Date(2026, 1, 1+d, 9, 0, 0, 0, zone))
				if length := set.Sub(rise); length <= 0 || length > 24*time.Hour {
					t.Fatalf("%v, day %d: %v to %v", p, d, rise, set)
				}
				if !before.IsZero() && (rise.Sub(before)-24*time.Hour).Abs() > 45*time.Minute {
					t.Fatalf("%v, day %d: rises at %v after %v", p, d, rise, before)
				}
				before = rise
			}
		}
	}
}

func TestAt(t *testing.T) {
	europe := load(t, "Europe/Berlin")
	for _, test := range []struct {
		name    string
		place   Place
		entries []string
		at      string
		open    bool
		next    string // "": never
	}{
		{"before", berlin, []string{"07:30 to 18:00"}, "2026-03-14 07:29", false, "2026-03-14 07:30"},
		{"it begins", berlin, []string{"07:30 to 18:00"}, "2026-03-14 07:30", true, "2026-03-14 18:00"},
		{"it ends", berlin, []string{"07:30 to 18:00"}, "2026-03-14 18:00", false, "2026-03-15 07:30"},
		{"not on a Saturday", berlin, []string{"mon-fri 07:30 to 18:00"}, "2026-03-14 12:00", false, "2026-03-16 07:30"},
		{"over midnight, the first day counts", berlin, []string{"fri 22:00 to 06:00"}, "2026-03-14 05:59", true, "2026-03-14 06:00"},
		{"over midnight, not the second", berlin, []string{"fri 22:00 to 06:00"}, "2026-03-14 23:00", false, "2026-03-20 22:00"},
		{"the whole day", berlin, []string{"sat 00:00 to 24:00"}, "2026-03-14 23:59", true, "2026-03-15 00:00"},
		{"always", berlin, []string{"00:00 to 24:00"}, "2026-03-14 23:59", true, ""},
		{"two that touch", berlin, []string{"08:00 to 12:00", "12:00 to 18:00"}, "2026-03-14 11:00", true, "2026-03-14 18:00"},
		{"two that overlap", berlin, []string{"08:00 to 18:00", "12:00 to 13:00"}, "2026-03-14 12:30", true, "2026-03-14 18:00"},
		{"nothing", berlin, nil, "2026-03-14 12:30", false, ""},
		{"by day", berlin, []string{"sunrise to sunset"}, "2026-06-21 04:40", false, "2026-06-21 04:43"},
		{"by night", berlin, []string{"sunset to sunrise"}, "2026-06-21 22:00", true, "2026-06-22 04:43"},
		{"less than the day has", berlin, []string{"sunrise+4h to sunset-4h"}, "2026-12-21 12:00", false, ""},
		{"the polar day", tromso, []string{"sunrise to sunset"}, "2026-06-21 23:59", true, ""},
		{"the night of the polar day", tromso, []string{"sunset to sunrise"}, "2026-06-21 00:10", false, ""},
		{"the polar night", tromso, []string{"sunrise to sunset"}, "2026-12-21 12:00", false, ""},
		{"the night of the polar night", tromso, []string{"sunset to sunrise"}, "2026-12-21 12:00", true, ""},
		{"mixed, the sun first", berlin, []string{"sunset to 23:00"}, "2026-12-21 16:00", true, "2026-12-21 23:00"},
		{"mixed, over midnight", berlin, []string{"22:00 to sunrise"}, "2026-12-21 23:00", true, "2026-12-22 08:15"},
		{"begins while the clock is set on", berlin, []string{"02:30 to 05:00"}, "2026-03-29 03:29", false, "2026-03-29 03:30"},
		{"ends while the clock is set on", berlin, []string{"01:00 to 02:30"}, "2026-03-29 03:29", true, "2026-03-29 03:30"},
		{"the clock is set on", berlin, []string{"01:00 to 04:00"}, "2026-03-29 01:59", true, "2026-03-29 04:00"},
		{"the clock is set back", berlin, []string{"01:00 to 04:00"}, "2026-10-25 01:00", true, "2026-10-25 04:00"},
	} {
		at, err := time.ParseInLocation("2006-01-02 15:04", test.at, europe)
		if err != nil {
			t.Fatal(err)
		}
		open, next := schedule(t, test.place, test.entries...).At(at)
		want := time.Time{}
		if test.next != "" {
			if want, err = time.ParseInLocation("2006-01-02 15:04", test.next, europe); err != nil {
				t.Fatal(err)
			}
		}
		if open != test.open || next.IsZero() != want.IsZero() || next.Sub(want).Abs() > 2*time.Minute {
			t.Errorf("%s: %t until %v, want %t until %v", test.name, open, next, test.open, want)
		}
	}
}

// What At says of the next change is what it says then, through both days on which the clock is set.
func TestNextIsTrue(t *testing.T) {
	for _, zone := range []string{"Europe/Berlin", "UTC", "America/New_York", "Australia/Lord_Howe", "Asia/Kathmandu", "America/Havana"} {
		loc := load(t, zone)
		for _, entries := range [][]string{
			{"02:00 to 03:00"}, {"mon-fri 07:30 to 18:00", "sat 22:00 to 02:30"}, {"sunrise-30m to sunset+30m"}, {"sunset+1h to 01:30", "sun 12:00 to 12:30"},
		} {
			s := schedule(t, berlin, entries...)
			for _, start := range []time.Time{time.Date(2026, 3, 7, 0, 0, 0, 0, loc), time.Date(2026, 3, 27, 0, 0, 0, 0, loc), time.Date(2026, 10, 23, 0, 0, 0, 0, loc)} {
				for at := start; at.Before(start.AddDate(0, 0, 4)); {
					open, next := s.At(at)
					if !next.After(at) {
						t.Fatalf("%s %v at %v: the next change is at %v", zone, entries, at, next)
					}
					if before, _ := s.At(next.Add(-time.Nanosecond)); before != open {
						t.Fatalf("%s %v: %t at %v, and %t before %v", zone, entries, open, at, before, next)
					}
					if after, _ := s.At(next); after == open {
						t.Fatalf("%s %v: still %t at %v", zone, entries, open, next)
					}
					at = next
				}
			}
		}
	}
}

// Some clocks are set on at midnight: a day that has none is a day all the same, and is not taken for another.
func TestDaysWithoutMidnight(t *testing.T) {
	for zone, date := range map[string]string{
		"America/Santiago": "2026-09-06", "America/Havana": "2026-03-08", "Africa/Cairo": "2026-04-24", "Asia/Beirut": "2026-03-29",
	} {
		loc := load(t, zone)
		day, err := time.ParseInLocation(time.DateOnly+" 15", date+" 12", loc)
		if err != nil {
			t.Fatal(err)
		}
		weekday, before := dayNames[day.Weekday()], dayNames[(day.Weekday()+6)%7]
		midnight := time.Date(day.Year(), day.Month(), day.Day(), 1, 0, 0, 0, loc) // as the clock shows it
		for _, test := range []struct {
			entry       string
			from, until time.Time
		}{
			{weekday + " 08:00 to 10:00", day.Add(-4 * time.Hour), day.Add(-2 * time.Hour)},
			{weekday + " 00:00 to 10:00", midnight, day.Add(-2 * time.Hour)},
			{before + " 22:00 to 24:00", midnight.Add(-2 * time.Hour), midnight},
			{before + " 22:00 to 06:00", midnight.Add(-2 * time.Hour), day.Add(-6 * time.Hour)},
		} {
			s := schedule(t, berlin, test.entry)
			if open, next := s.At(test.from.Add(-time.Minute)); open || !next.Equal(test.from) {
				t.Errorf("%s, %s: begins at %v, want %v", zone, test.entry, next, test.from)
			}
			if open, next := s.At(test.from); !open || !next.Equal(test.until) {
				t.Errorf("%s, %s: ends at %v, want %v", zone, test.entry, next, test.until)
			}
		}
	}
}

// A clock that is set on or back: what was not shown, and what was shown twice.
func TestWall(t *testing.T) {
	for _, test := range []struct{ zone, date, clock, utc string }{
		{"Europe/Berlin", "2026-03-29", "01:59", "00:59"},
		{"Europe/Berlin", "2026-03-29", "02:30", "01:30"},
		{"Europe/Berlin", "2026-03-29", "03:00", "01:00"},
		{"Europe/Berlin", "2026-10-25", "01:59", "23:59"},
		{"Europe/Berlin", "2026-10-25", "02:30", "00:30"},
		{"Europe/Berlin", "2026-10-25", "03:00", "02:00"},
		{"Australia/Lord_Howe", "2026-10-04", "02:15", "15:45"}, // half an hour
		{"Australia/Lord_Howe", "2026-04-05", "01:45", "14:45"},
		{"America/Santiago", "2026-09-06", "00:00", "04:00"},
	} {
		day, err := time.ParseInLocation(time.DateOnly+" 15", test.date+" 12", load(t, test.zone))
		if err != nil {
			t.Fatal(err)
		}
		at, err := parseTime(test.clock)
		if err != nil {
			t.Fatal(err)
		}
		if got := at.on(day, berlin).UTC().Format("15:04"); got != test.utc {
			t.Errorf("%s %s %s: %s UTC, want %s", test.zone, test.date, test.clock, got, test.utc)
		}
	}
}

func TestParse(t *testing.T) {
	for text, want := range map[string]string{
		"07:30 to 18:00":                 "07:30 to 18:00",
		"MON-FRI 7:30 to 18:00":          "mon,tue,wed,thu,fri 07:30 to 18:00",
		"mon-fri, sun 07:30 to 24:00":    "mon,tue,wed,thu,fri,sun 07:30 to 24:00",
		"fri-mon 22:00 to 06:00":         "mon,fri,sat,sun 22:00 to 06:00",
		"sun sunrise to sunset":          "sun sunrise to sunset",
		"sunrise-30m to sunset+1h30m":    "sunrise-30m0s to sunset+1h30m0s",
		"sunset + 1h to sunrise - 45m":   "sunset+1h0m0s to sunrise-45m0s",
		"mon-sun 00:00 to 24:00":         "00:00 to 24:00",
		" sat   sunset+0s to  sunrise  ": "sat sunset to sunrise",
	} {
		e, err := Parse(text)
		if err != nil || e.String() != want {
			t.Errorf("%q: %v, %v; want %s", text, e, err, want)
		}
		if again, err := Parse(e.String()); err != nil || again != e {
			t.Errorf("%q: read again %v, %v", text, again, err)
		}
	}
	for text, want := range map[string]string{
		"":                         "no word to",
		"07:30-18:00":              "no word to",
		"07:30 to":                 `"" is no time of day`,
		"to 18:00":                 `"" is no time of day`,
		"7.30 to 18:00":            `"7.30" is no time of day`,
		"25:00 to 26:00":           `"25:00" is no time of day`,
		"07:60 to 18:00":           `"07:60" is no time of day`,
		"24:30 to 18:00":           `"24:30" is no time of day`,
		"24:00 to 06:00":           "begins at 24:00",
		"08:00 to 08:00":           "same time",
		"sunset to sunset":         "same time",
		"weekdays 07:30 to 18:00":  `"weekdays" is no day`,
		"mon-foo 07:30 to 18:00":   `"mon-foo" is no day`,
		"sunrise+13h to sunset":    "at most 12h",
		"sunrise+soon to sunset":   "no duration",
		"08:00+30m to 10:00":       "no time of day",
		"dusk to dawn":             `"dusk" is no time of day`,
		"08:00 to 10:00 to 12:00":  "no time of day",
		strings.Repeat("mon,", 40): "too many",
		"mon tue 08:00 to 10:00":   `"tue08:00" is no time of day`,
		"08:00 to 10:00 mon":       `"10:00mon" is no time of day`,
	} {
		if e, err := Parse(text); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, %v; want an error with %q", text, e, err, want)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add("mon-fri 07:30 to 18:00", int64(1773498413))
	f.Add("sunrise-30m to sunset+30m", int64(0))
	f.Add("sunset to sunrise", int64(-1))
	f.Fuzz(func(t *testing.T, text string, unix int64) {
		e, err := Parse(text)
		if err != nil {
			return
		}
		if again, err := Parse(e.String()); err != nil || again != e {
			t.Errorf("%q is %v, which is read as %v, %v", text, e, again, err)
		}
		at := time.Unix(unix%(1<<33), 0).UTC()
		if _, next := (Schedule{[]Entry{e}, tromso}).At(at); !next.IsZero() && !next.After(at) {
			t.Errorf("%v at %v: next %v", e, at, next)
		}
	})
}

func BenchmarkAt(b *testing.B) {
	e, _ := Parse("sunrise to sunset")
	s := Schedule{[]Entry{e}, berlin}
	now := time.Date(2026, 3, 14, 12, 0, 0, 0, time.UTC)
	for b.Loop() {
		s.At(now)
	}
}
