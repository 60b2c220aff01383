package hours

import (
	"math"
	"time"
)

// horizonAngle is how far below the horizon the middle of the sun is when its upper edge seems to touch it, in degrees:
// refraction and half of its width.
const horizonAngle = 0.833

// Sun is when the sun rises and sets on the day of a wall clock on which t is, within two minutes. Where it does not set, it
// rises at 00:00 and sets at 24:00 of the clock; where it does not rise, both are 12:00.
//
// The equations are those of NOAA's solar calculator, after J. Meeus, Astronomical Algorithms.
func (p Place) Sun(t time.Time) (rise, set time.Time) {
	at := func(day, hour int) time.Time {
		return time.Date(t.Year(), t.Month(), t.Day()+day, hour, 0, 0, 0, t.Location())
	}
	noon := p.noon(at(0, 12))
	half, state := p.halfDay(noon)
	switch state {
	case neverSets:
		return at(0, 0), at(1, 0)
	case neverRises:
		return at(0, 12), at(0, 12)
	}
	return p.refine(noon.Add(-half), -1), p.refine(noon.Add(half), 1)
}

// refine computes a rise (-1) or a set (+1) once more with where the sun is then.
func (p Place) refine(t time.Time, side time.Duration) time.Time {
	_, equation := position(t)
	half, state := p.halfDay(t)
	if state != risesAndSets {
		return t // at the edge of the season
	}
	day := time.Date(t.Year(), t.Month(), t.Day(), 0, 0, 0, 0, time.UTC)
	noon := day.Add(minutes(720 - 4*p.Longitude - equation))
	for noon.Sub(t) > 12*time.Hour {
		noon = noon.Add(-24 * time.Hour)
	}
	for t.Sub(noon) > 12*time.Hour {
		noon = noon.Add(24 * time.Hour)
	}
	return noon.Add(side * half).In(t.Location())
}

// noon is when the sun is highest, next to t.
func (p Place) noon(t time.Time) time.Time {
	_, equation := position(t)
	utc := t.UTC()
	noon := time.Date(utc.Year(), utc.Month(), utc.Day(), 0, 0, 0, 0, time.UTC).Add(minutes(720 - 4*p.Longitude - equation))
	for noon.Sub(t) > 12*time.Hour {
		noon = noon.Add(-24 * time.Hour)
	}
	for t.Sub(noon) >= 12*time.Hour {
		noon = noon.Add(24 * time.Hour)
	}
	return noon.In(t.Location())
}

// season tells whether the sun rises and sets.
type season int

const (
	risesAndSets season = iota
	neverSets
	neverRises
)

// halfDay is the time from rise to noon if the sun stays where it is at t.
func (p Place) halfDay(t time.Time) (time.Duration, season) {
	declination, _ := position(t)
	latitude := radians(p.Latitude)
	cos := math.Cos(radians(90+horizonAngle))/(math.Cos(latitude)*math.Cos(declination)) - math.Tan(latitude)*math.Tan(declination)
	switch {
	case !(cos > -1): // NaN at a pole too
		return 0, neverSets
	case cos >= 1:
		return 0, neverRises
	}
	return minutes(4 * degrees(math.Acos(cos))), risesAndSets
}

// position is the sun's declination in radians, and by how many minutes a sundial is ahead of a clock.
func position(t time.Time) (declination, equation float64) {
	days := float64(t.Unix())/86400 + 2440587.5 // Julian
	c := (days - 2451545) / 36525               // centuries since 2000
	longitude := radians(math.Mod(280.46646+c*(36000.76983+c*0.0003032), 360))
	anomaly := radians(357.52911 + c*(35999.05029-0.0001537*c))
	eccentricity := 0.016708634 - c*(0.000042037+0.0000001267*c)
	center := math.Sin(anomaly)*(1.914602-c*(0.004817+0.000014*c)) +
		math.Sin(2*anomaly)*(0.019993-0.000101*c) + math.Sin(3*anomaly)*0.000289
	node := radians(125.04 - 1934.136*c)
	apparent := longitude + radians(center-0.00569-0.00478*math.Sin(node))
	obliquity := radians(23 + (26+(21.448-c*(46.815+c*(0.00059-c*0.001813)))/60)/60 + 0.00256*math.Cos(node))
	declination = math.Asin(math.Sin(obliquity) * math.Sin(apparent))
	y := math.Tan(obliquity/2) * math.Tan(obliquity/2)
	equation = 4 * degrees(y*math.Sin(2*longitude)-2*eccentricity*math.Sin(anomaly)+
		4*eccentricity*y*math.Sin(anomaly)*math.Cos(2*longitude)-
		y*y*math.Sin(4*longitude)/2-1.25*eccentricity*eccentricity*math.Sin(2*anomaly))
	return declination, equation
}

func radians(deg float64) float64 { return deg * math.Pi / 180 }
func degrees(rad float64) float64 { return rad * 180 / math.Pi }

func minutes(m float64) time.Duration { return time.Duration(m * float64(time.Minute)) }
