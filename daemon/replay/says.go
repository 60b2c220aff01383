package replay

import (
	"cmp"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
)

// answer is what of a result's message says what was found.
type answer struct {
	Task        string `json:"task"`
	Predictions []struct {
		Index int     `json:"index"`
		Label string  `json:"label"`
		Score float64 `json:"score"`
	} `json:"predictions"`
	Counts   map[string]int `json:"counts"`
	Segments []struct {
		Index int     `json:"index"`
		Label string  `json:"label"`
		Share float64 `json:"share"`
	} `json:"segments"`
	Poses    []json.RawMessage `json:"poses"`
	Identity *struct {
		Label *string `json:"label"`
	} `json:"identity"`
	Decision *struct {
		Label *string `json:"label"`
	} `json:"decision"`
}

// message is the payload of a step's first message of a kind; nil: there is none.
func message(s *Step, kind string) json.RawMessage {
	for _, m := range s.Messages {
		if _, is, _ := strings.Cut(m.Topic, "/"); is == kind {
			return m.Payload
		}
	}
	return nil
}

// changes tells whether a step changed what is decided.
func changes(s *Step) bool { return message(s, "decision") != nil }

// says is what was answered and what is decided by it, in a few words: "cat 0.91, decided dog".
func says(s *Step) string {
	var a answer
	data := message(s, "result")
	if data == nil || json.Unmarshal(data, &a) != nil {
		return ""
	}
	words := a.found()
	if d := a.Decision; d != nil && (a.Task == "classify" || a.Task == "embed") {
		words += ", decided " + orNone(d.Label)
	}
	return words
}

// found is what was found.
func (a *answer) found() string {
	switch a.Task {
	case "detect":
		var list []string
		for _, label := range slices.Sorted(maps.Keys(a.Counts)) {
			list = append(list, fmt.Sprintf("%s %d", label, a.Counts[label]))
		}
		return cmp.Or(strings.Join(list, ", "), "nothing")
	case "segment":
		var list []string
		for _, s := range a.Segments[:min(len(a.Segments), 3)] {
			list = append(list, fmt.Sprintf("%s %.2f", cmp.Or(s.Label, fmt.Sprint(s.Index)), s.Share))
		}
		return cmp.Or(strings.Join(list, ", "), "nothing")
	case "pose":
		return fmt.Sprintf("postures: %d", len(a.Poses))
	case "embed":
		if a.Identity == nil {
			return "an embedding"
		}
		return orNone(a.Identity.Label)
	}
	if len(a.Predictions) == 0 {
		return "nothing"
	}
	p := a.Predictions[0]
	return fmt.Sprintf("%s %.2f", cmp.Or(p.Label, fmt.Sprint(p.Index)), p.Score)
}

func orNone(label *string) string {
	if label == nil || *label == "" {
		return "none"
	}
	return *label
}
