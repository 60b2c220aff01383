package control

import (
	"encoding/json"
	"fmt"
	"io"
	"strings"
)

// Lesson is what a command of the kind Teach wants: the next pictures of the camera are of a class.
type Lesson struct {
	Label string `json:"label"`
	Count int    `json:"count"`
}

const (
	maxLesson = 100 // pictures at once
	maxLabel  = 64  // bytes of a class that is taught
)

func wantLesson() string {
	return fmt.Sprintf(`{"label": "open", "count": 5}: a class of a-z, 0-9, - and _ that is not none or unknown, and 1 to %d pictures`, maxLesson)
}

// ParseLesson is the lesson that Parse of the kind Teach has written.
func ParseLesson(value string) (l Lesson, ok bool) {
	d := json.NewDecoder(strings.NewReader(value))
	d.DisallowUnknownFields()
	l.Count = 1
	if err := d.Decode(&l); err != nil {
		return l, false
	}
	if _, err := d.Token(); err != io.EOF {
		return l, false
	}
	plain := strings.Trim(l.Label, "abcdefghijklmnopqrstuvwxyz0123456789-_") == "" && l.Label != "" && len(l.Label) <= maxLabel
	return l, plain && l.Label != "none" && l.Label != "unknown" && l.Count >= 1 && l.Count <= maxLesson
}

// parseLesson takes a label and a count, and nothing else: never a path.
func parseLesson(value string) (string, bool) {
	l, ok := ParseLesson(value)
	if !ok {
		return "", false
	}
	text, err := json.Marshal(l)
	return string(text), err == nil
}
