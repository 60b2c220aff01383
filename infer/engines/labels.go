package engines

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/catalogue"
	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/infer/task"
	"github.com/inceptiond/inceptiond/internal/regular"
	"github.com/inceptiond/inceptiond/internal/text"
)

// labelList is what a label file says, before it is known what the model has classes for.
type labelList struct {
	names  infer.Labels
	from   string // where they are, for people
	inside bool   // in the model's file: what is wrong with them is no error
	rest   error  // names end at an empty line: why that is an error, unless they are all
}

// readLabels reads the labels that o names, else those of the catalogue, else those inside the file.
func (m *Meaning) readLabels(f *File, o Options) (labelList, error) {
	if path := o.labels(); path != "" {
		l := labelList{from: cmp.Or(o.LabelsFrom, path)}
		return l, l.read(func() (infer.Labels, error) { return labelFile(path, l.from) })
	}
	inside := &f.Metadata
	if inside.Labels == nil {
		return labelList{}, nil
	}
	l := labelList{from: inside.LabelFile + " inside the model", inside: true}
	if err := l.read(func() (infer.Labels, error) { return infer.ReadLabels(bytes.NewReader(inside.Labels)) }); err != nil {
		m.useless(&l, err)
		return labelList{}, nil
	}
	return l, nil
}

// read takes labels from a file, up to an empty line if there is one among them.
func (l *labelList) read(file func() (infer.Labels, error)) (err error) {
	if l.names, err = file(); err == nil {
		return nil
	}
	if empty := new(infer.EmptyLineError); errors.As(err, &empty) && len(empty.Before) > 0 {
		l.names, l.rest = empty.Before, err
		return nil
	}
	return err
}

// takeLabels makes of a list the labels of the model's classes. The error is about a list that o names.
func (m *Meaning) takeLabels(l labelList, background bool) error {
	m.Reading.Background = m.Reading.Kind == task.Segment && (background || len(l.names) == 0 || isBackground(l.names[0]))
	if len(l.names) == 0 {
		return nil
	}
	labels, err := m.match(l.names, background)
	switch {
	case err == nil:
	case l.inside:
		m.useless(&l, cmp.Or(l.rest, err))
		return nil
	case l.rest != nil:
		return l.rest
	default:
		return fmt.Errorf("labels %s: %w", l.from, err)
	}
	m.Labels, m.LabelsFrom = labels, l.from
	if l.inside {
		m.note(AboutLabels, "%s from %s", text.Plural(len(labels), "label"), l.from)
	}
	return nil
}

// useless says why the labels inside the file are not used.
func (m *Meaning) useless(l *labelList, err error) {
	m.warn(AboutLabels, "the labels inside the model (%s) cannot be used, so its classes have numbers only: %s",
		strings.TrimSuffix(l.from, " inside the model"), strings.TrimPrefix(err.Error(), "infer: "))
}

// match gives each class of the model its label.
func (m *Meaning) match(labels infer.Labels, background bool) (infer.Labels, error) {
	switch n := m.Reading.Classes; m.Reading.Kind {
	case task.Classify:
		return labels.Match(n, background)
	case task.Segment:
		if n == 0 && background {
			n = len(labels) + 1
		}
		if n == 0 {
			return labels, nil
		}
		return labels.Match(n, background)
	case task.Detect: // a detector leaves the background out, which the labels may still have
		if isBackground(labels[0]) && (n == 0 || len(labels) == n+1) {
			labels = labels[1:]
		}
		if n == 0 {
			return labels, nil
		}
		return labels.Match(n, false)
	}
	return nil, fmt.Errorf("a model for %s has no classes, and needs none", m.Reading.Kind)
}

// isBackground tells whether a label is what label files call what belongs to no class.
func isBackground(label string) bool {
	switch strings.Trim(strings.ToLower(label), "_ ") {
	case "background", "???":
		return true
	}
	return false
}

// labelFile reads the labels of a file, which people know by a name, or those that are inside the program.
func labelFile(path, name string) (infer.Labels, error) {
	switch {
	case path == Demo:
		return readFrom(path, bytes.NewReader(demomodel.Labels()))
	case strings.HasPrefix(path, builtin):
		return nil, fmt.Errorf("there are no built-in labels %q (use %q or a file)", path, Demo)
	case strings.HasPrefix(path, catalogue.Prefix), strings.HasPrefix(path, catalogue.HashPrefix):
		data, err := readPulledLabels(path)
		if err != nil {
			return nil, fmt.Errorf("labels: %w", err)
		}
		return readFrom(path, bytes.NewReader(data))
	}
	f, err := regular.Open(path)
	if err != nil {
		return nil, fmt.Errorf("labels: %w", err)
	}
	defer f.Close()
	return readFrom(name, f)
}

func readFrom(path string, r io.Reader) (infer.Labels, error) {
	labels, err := infer.ReadLabels(r)
	if err != nil {
		return nil, fmt.Errorf("labels %s: %w", path, err)
	}
	return labels, nil
}
