package infer

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Labels are the names of a model's classes, by output index.
type Labels []string

// maxLabels is the most bytes of a label file: the longest in use, of 22 thousand classes, are below 1 MB.
const maxLabels = 4 << 20

// ReadLabels reads a label file: UTF-8 text, one label per line. Space around a label, a byte order mark and empty
// lines at the end are dropped. If every line starts with its own number, counted from 0, as in "0 tench" or
// "0: tench", the numbers are dropped too.
//
// An error names the line; it wraps an [*EmptyLineError] if that is empty.
func ReadLabels(r io.Reader) (Labels, error) {
	data, err := io.ReadAll(io.LimitReader(r, maxLabels+1))
	if err != nil {
		return nil, fmt.Errorf("infer: read labels: %w", err)
	}
	if len(data) > maxLabels {
		return nil, fmt.Errorf("infer: read labels: more than %d bytes: is this a label file?", maxLabels)
	}
	if bytes.HasPrefix(data, []byte{0xff, 0xfe}) || bytes.HasPrefix(data, []byte{0xfe, 0xff}) {
		return nil, errors.New("infer: read labels: the file is UTF-16: save it as UTF-8")
	}
	text := strings.TrimRightFunc(strings.TrimPrefix(string(data), "\ufeff"), unicode.IsSpace)
	if strings.TrimSpace(text) == "" {
		return nil, errors.New("infer: read labels: the file has no label")
	}
	labels := Labels(strings.Split(text, "\n"))
	for i, l := range labels {
		labels[i] = strings.TrimSpace(l)
		if err := checkLabel(labels[i]); err != nil {
			if labels[i] == "" {
				err = &EmptyLineError{Line: i + 1, Before: labels[:i].withoutNumbers()}
			}
			return nil, fmt.Errorf("infer: read labels: line %d %w", i+1, err)
		}
	}
	return labels.withoutNumbers(), nil
}

// EmptyLineError says that a label is empty. Some files have a note behind an empty line: if as many labels stand before it as a model
// has classes, they are all.
type EmptyLineError struct {
	Line   int // counted from 1
	Before Labels
}

// Error completes "line 3".
func (*EmptyLineError) Error() string {
	return "is empty: give the class any name, so that the others keep their numbers"
}

func checkLabel(l string) error {
	switch {
	case l == "":
		return errors.New("is empty")
	case !utf8.ValidString(l):
		return errors.New("is not UTF-8")
	case strings.ContainsFunc(l, func(r rune) bool { return unicode.IsControl(r) && r != '\t' }):
		return errors.New("has a control character: is this a label file?")
	}
	return nil
}

// withoutNumbers drops the number before each label if all have the right one; else it returns l.
func (l Labels) withoutNumbers() Labels {
	bare := make(Labels, len(l))
	for i, label := range l {
		digits := strings.TrimLeft(label, "0123456789")
		n, err := strconv.Atoi(label[:len(label)-len(digits)])
		name := strings.TrimSpace(strings.TrimPrefix(digits, ":"))
		if err != nil || n != i || name == "" || name == digits {
			return l
		}
		bare[i] = name
	}
	return bare
}

// Match returns the labels of a model with that many outputs, or an error that says both numbers and what to do.
//
// background says that the model's output 0 stands for "none of the classes", as in many models trained on ImageNet:
// if l lacks a name for it, "background" is put in front.
func (l Labels) Match(outputs int, background bool) (Labels, error) {
	switch {
	case len(l) == outputs:
		return l, nil
	case len(l)+1 == outputs && background:
		return append(Labels{"background"}, l...), nil
	case len(l)+1 == outputs:
		return nil, fmt.Errorf("infer: %d labels, but the model has %d outputs: if its output 0 is a background class, "+
			"say so (background: true, or --background); else use the label file that belongs to the model", len(l), outputs)
	case len(l) == outputs+1:
		return nil, fmt.Errorf("infer: %d labels, but the model has %d outputs: if the first label is a background class, "+
			"remove that line; else use the label file that belongs to the model", len(l), outputs)
	}
	return nil, fmt.Errorf("infer: %d labels, but the model has %d outputs: use the label file that belongs to the model",
		len(l), outputs)
}

// Find gives the numbers of the classes of those names: all of them where several have the same. A class may also be named by its number
// alone, if no label is that. The error names what no class is called.
func (l Labels) Find(names ...string) ([]int, error) {
	classes := []int{}
	for _, name := range names {
		before := len(classes)
		for i, label := range l {
			if label == name {
				classes = append(classes, i)
			}
		}
		if len(classes) > before {
			continue
		}
		i, err := strconv.Atoi(name)
		if err != nil || i < 0 || len(l) > 0 && i >= len(l) {
			return nil, fmt.Errorf("infer: no class is called %q (%s)", name, l.summary())
		}
		classes = append(classes, i)
	}
	return classes, nil
}

// summary lists the first labels.
func (l Labels) summary() string {
	const most = 8
	switch n := len(l); {
	case n == 0:
		return "there are no labels, only numbers"
	case n > most:
		return fmt.Sprintf("there are %d: %s, …", n, strings.Join(l[:most], ", "))
	}
	return "there are " + strings.Join(l, ", ")
}

// Name is the label of output i; for an output without one, its number.
func (l Labels) Name(i int) string {
	if i < 0 || i >= len(l) {
		return strconv.Itoa(i)
	}
	return l[i]
}
