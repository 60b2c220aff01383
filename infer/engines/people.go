package engines

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/regular"
)

// readPeople reads whom the model's embeddings may show, if anybody is asked for.
func (m *Model) readPeople(o Options) error {
	if o.People == "" {
		return nil
	}
	name := peopleName(m.options.People)
	if m.Reading.Kind != task.Embed {
		return fmt.Errorf("people: the model's task is %s, and people are recognized by embeddings (say task: embed if it gives them, or remove people)", m.Reading.Kind)
	}
	path := filepath.Join(o.People, taughtPeople)
	data, err := regular.Read(path, maxTaught)
	switch {
	case errors.Is(err, fs.ErrNotExist) && isFile(filepath.Join(o.People, taughtModel)):
		return fmt.Errorf("people: %s has classes, and no people: its file is a model, %s%s; people are begun with `inceptiond teach new NAME --base %s`",
			name, TaughtPrefix, name, m.Name)
	case err != nil:
		return unrecognized(name, err)
	}
	p, err := task.ParsePeople(data, o.MaxDistance)
	if err != nil {
		return unrecognized(name, fmt.Errorf("%s: %w", path, err))
	}
	if p.Network() != m.SHA256 {
		return fmt.Errorf("people: those of %s were shown to another network (SHA-256 %.12s…, and this is %.12s…), whose embeddings say nothing here: "+
			"name that as file; or, if this is a newer one, `inceptiond teach train %s`; or begin anew with `inceptiond teach new NAME --base %s`", name, p.Network(), m.SHA256, name, m.Name)
	}
	m.People = p
	if _, err := task.New(m.Engine.Outputs(), m.Task()); err != nil {
		return unrecognized(name, err)
	}
	m.noteDistance(o)
	return nil
}

// peopleReport is what the report of a version has of people, as docs/schema/teach-report.json says.
type peopleReport struct {
	Total  int `json:"total"`
	People struct {
		Suggested float64 `json:"suggested"`
		Strangers int     `json:"strangers"`
		Distances []struct {
			MaxDistance float64 `json:"max_distance"`
			Right       int     `json:"right"`
			Accepted    int     `json:"accepted"`
		} `json:"distances"`
	} `json:"people"`
}

// PeopleVersion is the ID of the version of the people that the model knows; empty: it knows nobody.
func (m *Model) PeopleVersion() string {
	if m.People == nil {
		return ""
	}
	return filepath.Base(m.people)
}

// noteDistance warns of a distance with which the pictures of the people themselves were not told apart when they were taught. Without a report
// nobody knows.
func (m *Model) noteDistance(o Options) {
	var r peopleReport
	data, err := regular.Read(filepath.Join(o.People, taughtReport), maxTaught)
	if err != nil || json.Unmarshal(data, &r) != nil {
		return
	}
	accepted, right, better := 0, r.Total, ""
	for _, at := range r.People.Distances {
		if at.MaxDistance <= o.MaxDistance { // at least so many
			accepted = at.Accepted
		} else {
			right = at.Right // at most so many
			break
		}
	}
	if s := r.People.Suggested; s > 0 {
		better = fmt.Sprintf(" (when they were taught, max_distance: %v suited them)", s)
	}
	switch {
	case accepted > 0:
		m.warn(AboutPeople, "with max_distance: %v %d of %d pictures of strangers were taken for somebody%s", o.MaxDistance, accepted, r.People.Strangers, better)
	case 2*right < r.Total:
		m.warn(AboutPeople, "with max_distance: %v at most %d of %d pictures of the people themselves were recognized%s", o.MaxDistance, right, r.Total, better)
	}
}

// Of tells whether what the options ask for was taught as name: the model, or the people that its embeddings may show.
func (o *Options) Of(name string) bool {
	return o.Taught != "" && o.taughtAs() == name || o.Knows(name)
}

// Knows tells whether the people that embeddings may show are those of a name.
func (o *Options) Knows(name string) bool { return o.People != "" && peopleName(o.People) == name }

// peopleName is what people are taught as, in whose folder a version is.
func peopleName(version string) string { return filepath.Base(filepath.Dir(version)) }

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// unrecognized is err, about people, with what to do.
func unrecognized(name string, err error) error {
	return fmt.Errorf("the people of %s cannot be used: %w: `inceptiond teach train %s` makes them anew", name, err, name)
}

// people is so many, for people: "1 person".
func people(n int) string {
	if n == 1 {
		return "1 person"
	}
	return fmt.Sprintf("%d people", n)
}
