package control

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// The values of commands.
const (
	On    = "ON"
	Off   = "OFF"
	Press = "PRESS" // for what happens once
)

// Rule is what there is to know of a kind of command about a camera.
type Rule struct {
	Kind       Kind
	Permission string // the word in mqtt.commands that lets subscribers give it
	Kept       bool   // it changes a setting, which outlives the daemon
	Object     bool   // its value is a JSON object
	Want       string // which values there are, for people
	parse      func(value string) (string, bool)
}

// Rules is the table of all commands about cameras.
func Rules() []Rule {
	return []Rule{
		{Paused, "pause", true, false, On + " or " + Off, oneOf(On, Off)},
		{Enter, "enter", true, false, "0 to 1", parseShare},
		{Classify, "classify", false, false, Press, oneOf(Press)},
		{Trigger, "trigger", false, false, Press, oneOf(Press)},
		{Snapshot, "snapshot", false, false, Press, oneOf(Press)},
		{Teach, "teach", false, true, wantLesson(), parseLesson},
		{Train, "train", false, false, Press, oneOf(Press)},
	}
}

// RuleOf is the rule of a kind; false: there is no such command about a camera.
func RuleOf(k Kind) (Rule, bool) {
	for _, r := range Rules() {
		if r.Kind == k {
			return r, true
		}
	}
	return Rule{}, false
}

// Parse is value as it is kept and compared. The error is for people, in the form "1.5 is out of range (want 0 to 1)".
func (r Rule) Parse(value string) (string, error) {
	if parsed, ok := r.parse(value); ok {
		return parsed, nil
	}
	what := "is no value of " + string(r.Kind)
	if _, err := strconv.ParseFloat(value, 64); err == nil && r.Kind == Enter {
		what = "is out of range"
	}
	return "", fmt.Errorf("%s %s (want %s)", Shown(value), what, r.Want)
}

// maxShown is how many bytes of a value are shown to people.
const maxShown = 64

// Shown is a value of anybody's for people: not too long, and no control characters.
func Shown(value string) string {
	if len(value) > maxShown {
		cut := maxShown
		for cut > 0 && !utf8.RuneStart(value[cut]) {
			cut--
		}
		value = value[:cut] + "…"
	}
	quoted := strconv.Quote(value)
	if strings.ReplaceAll(quoted[1:len(quoted)-1], `\"`, `"`) != value || value == "" { // quotes alone, as those of JSON, can be read
		return quoted
	}
	return value
}

func oneOf(values ...string) func(string) (string, bool) {
	return func(value string) (string, bool) {
		for _, v := range values {
			if v == value {
				return v, true
			}
		}
		return "", false
	}
}

// parseShare takes a decimal number of 0 to 1, and keeps its millionths: scores are compared as those.
func parseShare(value string) (string, bool) {
	if value == "" || len(value) > maxShown || strings.Trim(value, "0123456789.") != "" {
		return "", false
	}
	x, err := strconv.ParseFloat(value, 64)
	if err != nil || x > 1 {
		return "", false
	}
	return FormatShare(x), true
}

// FormatShare is how a share of 0 to 1 is kept: with six decimals at most.
func FormatShare(x float64) string {
	s := strconv.FormatFloat(x, 'f', 6, 64)
	return strings.TrimSuffix(strings.TrimRight(s, "0"), ".")
}

// ParseShare is the number that FormatShare wrote.
func ParseShare(s string) (float64, error) { return strconv.ParseFloat(s, 64) }
