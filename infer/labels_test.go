package infer

import (
	"errors"
	"slices"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf8"
)

func TestReadLabels(t *testing.T) {
	tests := []struct {
		name, text string
		want       Labels
	}{
		{"plain", "tench\ngoldfish, Carassius auratus\n", Labels{"tench", "goldfish, Carassius auratus"}},
		{"no newline at the end", "tench\ngoldfish", Labels{"tench", "goldfish"}},
		{"windows", "\ufefftench\r\ngoldfish\r\n\r\n", Labels{"tench", "goldfish"}},
		{"empty lines at the end", "tench\n\n \t\n", Labels{"tench"}},
		{"space around", "  tench \n\tgoldfish\n", Labels{"tench", "goldfish"}},
		{"numbers", "0 tench\n1  goldfish\n", Labels{"tench", "goldfish"}},
		{"numbers and colons", "0: tench\n1:goldfish\n", Labels{"tench", "goldfish"}},
		{"numbers with zeros", "000 tench\n001 goldfish\n", Labels{"tench", "goldfish"}},
		{"numbers and tabs", "0\ttench\n1\tgoldfish\n", Labels{"tench", "goldfish"}},
		{"numbers from 1 are names", "1 euro\n2 euro\n", Labels{"1 euro", "2 euro"}},
		{"one line without number", "0 tench\ngoldfish\n", Labels{"0 tench", "goldfish"}},
		{"wrong order", "1 goldfish\n0 tench\n", Labels{"1 goldfish", "0 tench"}},
		{"nothing but numbers", "0\n1\n2\n", Labels{"0", "1", "2"}},
		{"a number and more letters", "0th\n1st\n", Labels{"0th", "1st"}},
		{"a number too large", "99999999999999999999 tench\n", Labels{"99999999999999999999 tench"}},
		{"other letters", "Fußgänger\n歩行者\n", Labels{"Fußgänger", "歩行者"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ReadLabels(strings.NewReader(test.text))
			if err != nil || !slices.Equal(got, test.want) {
				t.Errorf("got %q, %v\nwant %q", got, err, test.want)
			}
		})
	}
}

func TestReadLabelsErrors(t *testing.T) {
	tests := []struct{ name, text, want string }{
		{"empty", "", "has no label"},
		{"only space", "\ufeff\r\n \n", "has no label"},
		{"empty line", "tench\n\ngoldfish\n", "line 2 is empty"},
		{"not UTF-8", "tench\ngold\xfffish\n", "line 2 is not UTF-8"},
		{"UTF-16", "\xff\xfet\x00", "save it as UTF-8"},
		{"binary", "tench\x00\n", "line 1 has a control character"},
		{"escape", "tench\n\x1b[2J\n", "line 2 has a control character"},
		{"too long", strings.Repeat("x\n", maxLabels/2+1), "more than 4194304 bytes"},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got, err := ReadLabels(strings.NewReader(test.text))
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("got %d labels, %v\nwant an error with %q", len(got), err, test.want)
			}
		})
	}
	broken := errors.New("broken")
	if _, err := ReadLabels(iotest.ErrReader(broken)); !errors.Is(err, broken) {
		t.Errorf("got %v", err)
	}
}

// A note behind an empty line is told from labels by those that count them.
func TestReadLabelsNote(t *testing.T) {
	_, err := ReadLabels(strings.NewReader("0 tench\n1 goldfish\n\nand 255 is ignored\n"))
	empty := new(EmptyLineError)
	if !errors.As(err, &empty) || empty.Line != 3 || !slices.Equal(empty.Before, Labels{"tench", "goldfish"}) {
		t.Errorf("%v, %+v", err, empty)
	}
}

func TestLabelsFind(t *testing.T) {
	labels := Labels{"person", "n/a", "dog", "n/a", "7"}
	for _, c := range []struct {
		labels Labels
		names  []string
		want   []int
		says   string
	}{
		{labels, []string{"dog", "person"}, []int{2, 0}, ""},
		{labels, []string{"n/a"}, []int{1, 3}, ""},
		{labels, []string{"7", "1"}, []int{4, 1}, ""},
		{labels, nil, []int{}, ""},
		{nil, []string{"12"}, []int{12}, ""},
		{labels, []string{"cat"}, nil, `no class is called "cat" (there are person, n/a, dog, n/a, 7)`},
		{labels, []string{"5"}, nil, `no class is called "5"`},
		{nil, []string{"dog"}, nil, "no labels, only numbers"},
		{nil, []string{"-1"}, nil, "no labels, only numbers"},
	} {
		got, err := c.labels.Find(c.names...)
		if !slices.Equal(got, c.want) || (err == nil) != (c.says == "") || err != nil && !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q: %v, %v", c.names, got, err)
		}
	}
}

func TestLabelsMatch(t *testing.T) {
	three := Labels{"a", "b", "c"}
	tests := []struct {
		outputs    int
		background bool
		want       Labels
		text       string
	}{
		{3, false, three, ""},
		{3, true, three, ""},
		{4, true, Labels{"background", "a", "b", "c"}, ""},
		{4, false, nil, "3 labels, but the model has 4 outputs: if its output 0 is a background class, say so"},
		{2, false, nil, "3 labels, but the model has 2 outputs: if the first label is a background class, remove"},
		{2, true, nil, "3 labels, but the model has 2 outputs"},
		{5, true, nil, "3 labels, but the model has 5 outputs: use the label file that belongs to the model"},
		{0, false, nil, "3 labels, but the model has 0 outputs"},
	}
	for _, test := range tests {
		got, err := three.Match(test.outputs, test.background)
		if !slices.Equal(got, test.want) || (err == nil) != (test.text == "") || err != nil && !strings.Contains(err.Error(), test.text) {
			t.Errorf("%d outputs, background %v: got %q, %v", test.outputs, test.background, got, err)
		}
	}
	if three.Name(2) != "c" || three.Name(3) != "3" || three.Name(-1) != "-1" || Labels(nil).Name(7) != "7" {
		t.Error("wrong names")
	}
}

func FuzzReadLabels(f *testing.F) {
	for _, s := range []string{"a\nb\n", "0 a\n1 b\n", "0: a\r\n1: b\r\n", "\ufeffx", "\xff\xfe", "", "\n\n", "0\n1", "٠ a"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		labels, err := ReadLabels(strings.NewReader(string(data)))
		if err != nil {
			return
		}
		if len(labels) == 0 {
			t.Fatal("neither labels nor an error")
		}
		for i, l := range labels {
			if l == "" || l != strings.TrimSpace(l) || !utf8.ValidString(l) || strings.ContainsAny(l, "\r\n\x00") {
				t.Fatalf("label %d is %q", i, l)
			}
		}
		again, err := ReadLabels(strings.NewReader("x\n" + strings.Join(labels, "\n")))
		if err != nil || !slices.Equal(again[1:], labels) {
			t.Fatalf("read %q, then %q, %v", labels, again, err)
		}
	})
}
