package config

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Check finds what is wrong with a file beyond what this package can know. The problems have keys, by [Key], and no lines.
type Check func(c *Config) []Problem

// Key is the path of a key, as in [Problem]: Key("models", name, "file") is models.birds.file.
func Key(names ...string) (key string) {
	for _, name := range names {
		key = join(key, name)
	}
	return key
}

// Parse reads data, the text of a config file. name is for the messages of the error, which is an *Error.
// more is asked as well, about what could be read.
//
// A key that the file leaves out keeps its default. Two sections are lists by name: models of the file come on top of
// the built-in demo model, while cameras of the file take the place of the demo camera. A file of comments is Default; an empty
// one is an error.
func Parse(name string, data []byte, more ...Check) (*Config, error) {
	c, problems := read(data, more...)
	if err := newError(name, explain(problems, data)); err != nil {
		return nil, err
	}
	return c, nil
}

// read is what can be read of data, nil if it is no YAML, and all that is wrong with it.
func read(data []byte, more ...Check) (*Config, []Problem) {
	root, problem := parseYAML(data)
	if problem != nil {
		return nil, []Problem{*problem}
	}
	return readRoot(root, more...)
}

// readRoot is read of a file's tree.
func readRoot(root *yaml.Node, more ...Check) (*Config, []Problem) {
	c := Default()
	d := decoder{lines: map[string]int{}}
	if root != nil {
		d.config(root, &c)
	}
	for key, cam := range c.Cameras {
		cam.fillSource()
		raw := func(model string) bool { return c.Models[model].Scores == "raw" }
		if _, given := d.lines[join("cameras", key)+".threshold"]; !given && slices.ContainsFunc(cam.Models(), raw) {
			cam.Threshold = 0 // the default is a probability
		}
		if _, given := d.lines[join("cameras", key)+".decision.leave"]; !given {
			cam.Decision.Leave = min(cam.Decision.Leave, cam.Decision.Enter)
		}
		c.Cameras[key] = cam
	}
	found := c.check()
	for _, check := range more {
		found = append(found, check(&c)...)
	}
	return &c, append(d.problems, d.locate(found)...)
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
	if isEmpty(data) {
		return nil, &Problem{Message: emptyFile}
	}
	if p := checkText(data); p != nil {
		return nil, p
	}
	doc, err := decodeOne(data)
	if err != nil { // perhaps only the library's: a text that it takes stays as it is
		data = modernize(data)
		doc, err = decodeOne(data)
	}
	if err != nil {
		return nil, syntaxProblem(err, data)
	}
	if doc == nil {
		return nil, nil
	}
	switch root := doc.Content[0]; {
	case isNull(root):
		return nil, nil
	case root.Kind == yaml.MappingNode:
		return root, nil
	default:
		return root, stranger(data)
	}
}

// decodeOne reads the one document in data as a tree; nil if there are only comments.
func decodeOne(data []byte) (*yaml.Node, error) {
	dec := yaml.NewDecoder(bytes.NewReader(data))
	doc, err := decodeNode(dec)
	if errors.Is(err, io.EOF) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	if next, err := decodeNode(dec); err == nil {
		return nil, secondDocument(next.Line)
	} else if !errors.Is(err, io.EOF) {
		return nil, err
	}
	return doc, nil
}

// secondDocument is the line where a second document starts.
type secondDocument int

func (secondDocument) Error() string {
	return "a second document starts here (want one: remove the line ---)"
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
		switch {
		case !utf8.Valid(line):
			return &Problem{Line: i + 1, Message: "the text is not UTF-8 (save the file as UTF-8)"}
		case bytes.ContainsFunc(line, forbidden):
			return &Problem{Line: i + 1, Message: "the line holds a control character (remove it): is it a text file?"}
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
func syntaxProblem(err error, data []byte) *Problem {
	var second secondDocument
	if errors.As(err, &second) {
		return &Problem{Line: int(second), Message: second.Error()}
	}
	if p := stranger(data); p != nil {
		return p
	}
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
	if strings.Contains(text, "cannot start any token") || strings.Contains(text, "tab character") {
		if tab := findTab(data, line); tab > 0 {
			return &Problem{Line: tab, Message: "a tab in the indentation (YAML wants spaces)"}
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

// findTab is the number of the line that a tab indents, of the one given and its neighbours; 0 if none is.
func findTab(data []byte, line int) int {
	lines := bytes.Split(data, []byte("\n"))
	for _, n := range []int{line, line + 1, line - 1} {
		if n >= 1 && n <= len(lines) && tabIndented(lines[n-1]) {
			return n
		}
	}
	return 0
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
	{"incompatible YAML document", "want YAML 1.2: remove the line"},
	{"undefined tag handle", "tags are not supported: remove it"},
}
