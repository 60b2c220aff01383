package learn

import (
	"bytes"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/preprocess"
)

// TestRefused names the limit.
func TestRefused(t *testing.T) {
	b := smallBase(t, model.Uint8)
	var many []Picture
	for i := range 101 {
		many = append(many, Picture{Class: fmt.Sprintf("c%d", i)}, Picture{Class: fmt.Sprintf("c%d", i)}, Picture{Class: fmt.Sprintf("c%d", i)})
	}
	named := func(class string) []Picture {
		set := drawings(3, "lying", "standing")
		for i := range 3 {
			set[i].Class = class
		}
		return set
	}
	broken := drawings(3, "lying", "standing")
	for i := range 3 {
		broken[i].Read = func() ([]byte, error) { return []byte("no picture"), nil }
	}
	same := drawings(3, "lying", "standing")
	same[1], same[2] = same[0], same[0]
	for name, c := range map[string]struct {
		set  []Picture
		says []string
	}{
		"nothing":      {nil, []string{"pictures of 0 classes (it takes 2 to 100)"}},
		"one class":    {drawings(5, "lying"), []string{"pictures of 1 class (it takes 2 to 100)"}},
		"101 classes":  {many, []string{"there are 101 classes (2 to 100 are possible)"}},
		"one picture":  {drawings(6, "lying", "standing")[:7], []string{"class standing has 1 picture (it takes 3"}},
		"none":         {named("none"), []string{"no class may be called none"}},
		"unknown":      {named("unknown"), []string{"no class may be called unknown"}},
		"path":         {named("../x"), []string{`a class cannot be called "../x" (a-z, 0-9`}},
		"empty":        {named(""), []string{`a class cannot be called ""`}},
		"long":         {named(strings.Repeat("a", 65)), []string{"64 of them at most"}},
		"unreadable":   {broken, []string{"class lying has 0 pictures", "3 files left out: lying/"}},
		"copies":       {same, []string{"class lying has 1 picture ", "the same file more than once"}},
		"two at once":  {append(drawings(1, "lying"), named("none")[:1]...), []string{"none", "lying has 1 picture"}},
		"class of one": {append(drawings(3, "lying"), drawings(1, "standing")...), []string{"standing has 1 picture"}},
	} {
		_, err := Train(t.Context(), b, runnerOf(t, b, 1), c.set, Defaults(), nil)
		var refusal *Refusal
		if !errors.As(err, &refusal) || len(refusal.Reasons) == 0 {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, says := range c.says {
			if !strings.Contains(err.Error(), says) {
				t.Errorf("%s: %v (want %q)", name, err, says)
			}
		}
	}
}

// TestWrongOptions are errors before anything is read.
func TestWrongOptions(t *testing.T) {
	b := smallBase(t, model.Uint8)
	for says, change := range map[string]func(o *Options){
		"-1 variants":  func(o *Options) { o.Variants = -1 },
		"33 variants":  func(o *Options) { o.Variants = 33 },
		"penalty of 0": func(o *Options) { o.Lambda = 0 },
		"2 pictures":   func(o *Options) { o.MaxPictures = 2 },
		"299 in all":   func(o *Options) { o.MaxRows = 299 },
		"share of 1":   func(o *Options) { o.Unknown = 1 },
		"no region":    func(o *Options) { o.Preprocess.Region = preprocess.Region{Width: 0.5, Height: 1} },
		"2 mean":       func(o *Options) { o.Preprocess.Mean = []float32{1, 2} },
	} {
		o := Defaults()
		change(&o)
		set := drawings(3, "lying", "standing")
		for i := range set {
			set[i].Read = nil
		}
		if _, err := Train(t.Context(), b, nil, set, o, nil); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%v (want %q)", err, says)
		}
	}
}

// TestSkipped: a picture that cannot be read is named, and training goes on.
func TestSkipped(t *testing.T) {
	b := smallBase(t, model.Uint8)
	set := drawings(5, "lying", "standing")
	plain := trained(t, b, set, Defaults())
	huge := bmp(1, 1, func(x, y int) [3]byte { return [3]byte{} })
	binary.LittleEndian.PutUint32(huge[18:], 1<<30)
	for name, data := range map[string][]byte{"empty.jpg": {}, "text.jpg": []byte("hello"), "cut.jpg": []byte("\xff\xd8\xff\xe0\x00\x10JFIF"), "huge.bmp": huge} {
		set = append(set, Picture{Name: name, Class: "lying", Read: func() ([]byte, error) { return data, nil }})
	}
	set = append(set, Picture{Name: "gone.jpg", Class: "lying", Read: func() ([]byte, error) { return nil, os.ErrNotExist }},
		Picture{Name: "torn.jpg", Class: "lying", Read: func() ([]byte, error) { return nil, io.ErrUnexpectedEOF }})
	v := trained(t, b, set, Defaults())
	if !bytes.Equal(v.Model, plain.Model) {
		t.Error("another model")
	}
	if len(v.Report.Skipped) != 6 {
		t.Fatalf("%+v", v.Report.Skipped)
	}
	for _, s := range v.Report.Skipped {
		if s.Name == "" || s.Class != "lying" || s.Reason == "" || strings.Contains(s.Reason, "\n") {
			t.Errorf("%+v", s)
		}
	}
	if w := warningOf(v, WarnSkipped); !strings.Contains(w.Text, "6 files left out: ") || !strings.HasSuffix(w.Text, "and 3 more") {
		t.Errorf("%+v", w)
	}
}

// TestSkippedBefore: what the caller could not even take for pictures is told of too, and says why a set is refused.
func TestSkippedBefore(t *testing.T) {
	b := smallBase(t, model.Uint8)
	o := Defaults()
	o.Skipped = []Skipped{{Name: "pictures/lying/copy.jpg", Class: "lying", Reason: "has the same bytes as another"}}
	v := trained(t, b, drawings(3, "lying", "standing"), o)
	if w := warningOf(v, WarnSkipped); w.Text != "1 file left out: pictures/lying/copy.jpg: has the same bytes as another" || len(v.Report.Skipped) != 1 {
		t.Errorf("%+v, %+v", w, v.Report.Skipped)
	}
	if _, err := Train(t.Context(), b, runnerOf(t, b, 1), drawings(1, "lying", "standing"), o, nil); err == nil || !strings.Contains(err.Error(), "copy.jpg: has the same") {
		t.Errorf("refused for %v", err)
	}
}

// warningOf is the first warning of a kind.
func warningOf(v *Version, kind string) (w Warning) {
	for _, w := range v.Report.Warnings {
		if w.Kind == kind {
			return w
		}
	}
	return w
}

// TestChanged: a picture that is another one when it is read again ends the training.
func TestChanged(t *testing.T) {
	b := smallBase(t, model.Uint8)
	set := drawings(3, "lying", "standing")
	times := 0
	set[2].Read = func() ([]byte, error) {
		times++
		return drawing("lying", 10+times), nil
	}
	if _, err := Train(t.Context(), b, runnerOf(t, b, 1), set, Defaults(), nil); err == nil || !strings.Contains(err.Error(), "it has changed: train again") {
		t.Error(err)
	}
}

// slowRunner ends a context in the middle of a training.
type slowRunner struct {
	Runner
	runs, most int
	cancel     func()
}

func (s *slowRunner) Run(ctx context.Context, in []byte, outs [][]byte) (infer.By, error) {
	if s.runs++; s.runs == s.most {
		s.cancel()
	}
	return s.Runner.Run(ctx, in, outs)
}

// TestCancelled ends within a run.
func TestCancelled(t *testing.T) {
	b := smallBase(t, model.Uint8)
	for _, most := range []int{1, 5, 20} {
		ctx, cancel := context.WithCancel(t.Context())
		run := &slowRunner{Runner: runnerOf(t, b, 1), most: most, cancel: cancel}
		_, err := Train(ctx, b, run, drawings(5, "lying", "standing"), Defaults(), nil)
		if !errors.Is(err, context.Canceled) || run.runs > most+1 {
			t.Errorf("%d runs of %d: %v", run.runs, most, err)
		}
		cancel()
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := Train(ctx, b, runnerOf(t, b, 1), drawings(5, "lying", "standing"), Defaults(), func(p Progress) {
		if p.Stage == StageFolds {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

// TestHeld: pictures that are held out may not be taught with, nor near-copies of them.
func TestHeld(t *testing.T) {
	b := smallBase(t, model.Uint8)
	set, o := drawings(5, "lying", "standing"), Defaults()
	o.Held = []Picture{pictureOf(drawing("lying", 99), "lying"), pictureOf([]byte("no picture"), "lying"), pictureOf(drawing("squares", 1), "other")}
	with, without := trained(t, b, set, o), trained(t, b, set, Defaults())
	if !bytes.Equal(with.Model, without.Model) || len(with.Report.Skipped) != 0 {
		t.Error("what is held out changes the model")
	}
	again := slices.Clone(drawing("lying", 2))
	again[60] ^= 1
	for _, held := range [][]byte{drawing("lying", 2), again} {
		o.Held = []Picture{{Name: "test.bmp", Class: "lying", Read: func() ([]byte, error) { return held, nil }}}
		_, err := Train(t.Context(), b, runnerOf(t, b, 1), set, o, nil)
		var refusal *Refusal
		if !errors.As(err, &refusal) || !strings.Contains(err.Error(), "is a near-copy of test.bmp, which is held out") {
			t.Error(err)
		}
	}
}

// TestTooMany: what does not fit is left out and named.
func TestTooMany(t *testing.T) {
	b := smallBase(t, model.Uint8)
	o := Defaults()
	o.MaxPictures = 20
	v := trained(t, b, drawings(50, "lying", "standing"), o)
	if r := &v.Report; r.Classes[0].Used != 20 || len(r.NotUsed) != 60 || r.NotUsed[0].Reason == "" || warningOf(v, WarnNotUsed).Text == "" {
		t.Errorf("%d used, %d left", r.Classes[0].Used, len(r.NotUsed))
	}
	o = Defaults()
	o.Variants, o.MaxRows = 32, 300
	v = trained(t, b, drawings(40, "lying", "standing"), o)
	if r := &v.Report; r.Options.Variants != 2 || warningOf(v, WarnFewVariants).Text == "" {
		t.Errorf("%d variants", r.Options.Variants)
	}
}

// TestTenThousand pictures: the 200 that differ most of each class, and all others are named.
func TestTenThousand(t *testing.T) {
	if testing.Short() {
		t.Skip("it takes seconds")
	}
	b := smallBase(t, model.Uint8)
	var set []Picture
	for i := range 10000 {
		kind := kinds[i%2]
		set = append(set, Picture{Class: kind, Read: func() ([]byte, error) { return drawing(kind, i), nil }})
	}
	v := trained(t, b, set, Defaults())
	if r := &v.Report; r.Classes[0].Used != 200 || r.Classes[1].Used != 200 || len(r.NotUsed) != 9600 || r.Options.Variants != 4 {
		t.Errorf("%d and %d used, %d not", r.Classes[0].Used, r.Classes[1].Used, len(r.NotUsed))
	}
}
