package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Parse reads data, the text of a config file. name is for the messages of the error, which is an *Error.
//
// A key that the file leaves out keeps its default. Two sections are lists by name: models of the file come on top of
// the built-in demo model, while cameras of the file take the place of the demo camera. An empty file is Default.
func Parse(name string, data []byte) (*Config, error) {
	root, problem := parseYAML(data)
	if problem != nil {
		return nil, newError(name, []Problem{*problem})
	}
	c := Default()
	d := decoder{lines: map[string]int{}}
	if root != nil {
		d.config(root, &c)
	}
	for key, cam := range c.Cameras {
		cam.fillSource()
		c.Cameras[key] = cam
	}
	if err := newError(name, append(d.problems, d.locate(c.check())...)); err != nil {
		return nil, err
	}
	return &c, nil
}

// config decodes the top of the file.
func (d *decoder) config(root *yaml.Node, c *Config) {
	demo := c.Cameras
	c.Cameras = map[string]Camera{}
	d.value(root, "", reflect.ValueOf(c).Elem())
	if _, given := d.lines["cameras"]; !given {
		c.Cameras = demo
	}
}

// parseYAML returns the top of the one document in data, nil if there is nothing but comments.
func parseYAML(data []byte) (*yaml.Node, *Problem) {
	if len(data) > maxFile {
		return nil, &Problem{Message: fmt.Sprintf("the file has %d bytes, more than %d: is it a config file?", len(data), maxFile)}
	}
	if p := checkText(data); p != nil {
		return nil, p
	}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	doc, err := decodeNode(dec)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, syntaxProblem(err)
	}
	if next, err := decodeNode(dec); err == nil {
		return nil, &Problem{Line: next.Line, Message: "a second document starts here (want one: remove the line ---)"}
	} else if !errors.Is(err, io.EOF) {
		return nil, syntaxProblem(err)
	}
	if root := doc.Content[0]; root.Kind != yaml.ScalarNode || root.Tag != "!!null" {
		return root, nil
	}
	return nil, nil
}

// decodeNode reads a document as a tree. The library panics on a few malformed texts that it has no error for.
func decodeNode(dec *yaml.Decoder) (doc *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: %v", r)
		}
	}()
	doc = new(yaml.Node)
	if err := dec.Decode(doc); err != nil {
		return nil, err
	}
	return doc, nil
}

// checkText finds what makes a text no YAML at all, for messages that are clearer than the library's.
func checkText(data []byte) *Problem {
	for i, line := range bytes.Split(data, []byte("\n")) {
		switch indent := line[:len(line)-len(bytes.TrimLeft(line, " \t"))]; {
		case !utf8.Valid(line):
			return &Problem{Line: i + 1, Message: "the text is not UTF-8 (save the file as UTF-8)"}
		case bytes.ContainsFunc(line, forbidden):
			return &Problem{Line: i + 1, Message: "the line holds a control character (remove it): is it a text file?"}
		case bytes.IndexByte(indent, '\t') >= 0 && len(bytes.TrimSpace(line)) > 0:
			return &Problem{Line: i + 1, Message: "a tab in the indentation (YAML wants spaces)"}
		}
	}
	return nil
}

// forbidden tells whether YAML 1.2, section 5.1, forbids the character. A byte order mark is left to the library.
func forbidden(r rune) bool {
	return r < ' ' && r != '\t' && r != '\r' || r >= 0x7f && r < 0xa0 && r != 0x85 || r == 0xfffe || r == 0xffff
}

// syntaxProblem turns an error of the library, "yaml: line 3: did not find …", into a problem. Its line is where the
// library began to read the part that it could not finish, so the mistake may be further down.
func syntaxProblem(err error) *Problem {
	text := strings.TrimPrefix(err.Error(), "yaml: ")
	if strings.HasPrefix(text, "unknown anchor") {
		return &Problem{Message: noAnchors}
	}
	line := 1 // the library leaves it out
	if rest, ok := strings.CutPrefix(text, "line "); ok {
		number, after, _ := strings.Cut(rest, ": ")
		if n, err := strconv.Atoi(number); err == nil {
			line, text = n, after
		}
	}
	for _, h := range syntaxHints {
		if strings.Contains(text, h.text) {
			text += " (" + h.hint + ")"
			break
		}
	}
	return &Problem{Line: line, Message: "not YAML: " + text}
}

// syntaxHints says how to mend what the library found.
var syntaxHints = []struct{ text, hint string }{
	{"did not find expected key", "keys of one section must start in the same column, here or below"},
	{"mapping values are not allowed", "wrong indentation, or a text with a colon that needs quotes"},
	{"cannot start any token", "a text that starts with a special character needs quotes"},
	{"did not find expected ',' or ", "a bracket is not closed, here or below"},
	{"unexpected end of stream", "a quote is not closed, here or above"},
	{"could not find expected ':'", "a key without a colon, or a quote that is not closed"},
	{"unknown escape character", "write a backslash in double quotes twice"},
}
