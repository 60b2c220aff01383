package publish

import (
	"strings"
	"unicode"
)

const (
	// MaxListed is the most classes of a camera that are listed to those who want to know them beforehand.
	MaxListed = 100
	// MaxClassName is the most characters of the state of an entity in Home Assistant.
	MaxClassName = 255
)

// ClassName is label as Home Assistant shows it: without space around it, 255 characters at most, NoLabel if nothing is
// left.
func ClassName(label string) string {
	name := []rune(strings.TrimFunc(strings.ToValidUTF8(label, "\uFFFD"), isSpace))
	if len(name) > MaxClassName {
		name = []rune(strings.TrimRightFunc(string(name[:MaxClassName]), isSpace))
	}
	if len(name) == 0 {
		return NoLabel
	}
	return string(name)
}

// isSpace tells what Python's str.strip takes away: beside what is space in Unicode, four separators of ASCII.
func isSpace(r rune) bool { return unicode.IsSpace(r) || r >= 0x1c && r <= 0x1f }

// ClassNames are the names of what is decided of classes, NoLabel among them, each of them once. listed is false, and
// names is nil, if there are more than MaxListed classes.
func ClassNames(classes []string) (names []string, listed bool) {
	seen := map[string]bool{NoLabel: true}
	for _, class := range classes {
		name := ClassName(class)
		if seen[name] {
			continue
		}
		if seen[name] = true; len(names) == MaxListed {
			return nil, false
		}
		names = append(names, name)
	}
	return append(names, NoLabel), true
}
