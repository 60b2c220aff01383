package store

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

func TestVersions(t *testing.T) {
	n := newName(t, Limits{})
	if current(t, n) != "" || previous(t, n) != "" || models(t, n) != "" {
		t.Error("a new name has versions")
	}
	if err := n.Rollback(); !errors.Is(err, ErrNoVersion) {
		t.Errorf("error %v, want ErrNoVersion", err)
	}
	a, b := commit(t, n, "A", "cat", "dog"), commit(t, n, "B", "cat", "dog")
	if current(t, n) != "" || a != idOf([]byte("A"))[:12] {
		t.Errorf("committed is used, or has the ID %s", a)
	}
	step := func(do func() error, wantCurrent, wantPrevious string) {
		t.Helper()
		if err := do(); err != nil {
			t.Fatal(err)
		}
		if m := n.again(t); current(t, m) != wantCurrent || previous(t, m) != wantPrevious {
			t.Errorf("current %q, previous %q, want %q, %q", current(t, m), previous(t, m), wantCurrent, wantPrevious)
		}
	}
	use := func(id string) func() error { return func() error { return n.Use(id) } }
	step(use(a), "A", "")
	step(use(a), "A", "")
	step(use(b), "B", "A")
	step(n.Rollback, "A", "B")
	step(n.Rollback, "B", "A")
	step(use(commit(t, n, "C", "cat")), "C", "B")
	for _, id := range []string{"", "../../gate", "0123456789ab", strings.ToUpper(a), a + "0"} {
		if err := n.Use(id); !errors.Is(err, ErrNoVersion) {
			t.Errorf("Use(%q): %v, want ErrNoVersion", id, err)
		}
	}
	links := tree(t, n.Path())
	for _, want := range []string{"current -> versions/" + idOf([]byte("C"))[:12], "previous -> versions/" + b} {
		if !slices.Contains(links, want) {
			t.Errorf("no %s in %q", want, links)
		}
	}
	v, ok := n.Current()
	for file, want := range filesOf("C", "cat").byName() {
		if data, err := v.Read(file); !ok || err != nil || string(data) != string(want) {
			t.Errorf("%s: %q, %v", file, data, err)
		}
	}
	if v.Path != filepath.Join(n.Path(), "versions", v.ID) || v.Made.IsZero() {
		t.Errorf("%+v", v)
	}
}

func TestCommitRefuses(t *testing.T) {
	n := newName(t, Limits{})
	good := filesOf("A", "cat")
	for want, v := range map[string]Files{
		"without a model":  {Report: good.Report},
		"no JSON":          {Model: good.Model},
		"64 MiB at most":   {Model: make([]byte, MaxVersion), Report: good.Report},
		"no JSON object w": {Model: good.Model, Report: []byte("{")},
	} {
		_, err := n.Commit(v)
		wantError(t, err, want)
	}
	if got := models(t, n); got != "" {
		t.Errorf("there are %s", got)
	}
}

// TestCommitAgain: the same model once more has a new report; what differs otherwise takes its place.
func TestCommitAgain(t *testing.T) {
	n := newName(t, Limits{})
	id := commit(t, n, "A", "cat")
	if err := n.Use(id); err != nil {
		t.Fatal(err)
	}
	model := filepath.Join(n.Path(), "current", ModelFile)
	before, err := os.Stat(model)
	if err != nil {
		t.Fatal(err)
	}
	v := filesOf("A", "cat")
	v.Report = []byte(`{"seconds":2,"classes":[{"label":"cat"}]}`)
	if _, err := n.Commit(v); err != nil {
		t.Fatal(err)
	}
	after, err := os.Stat(model)
	if err != nil || !os.SameFile(before, after) {
		t.Errorf("the model was written again (%v)", err)
	}
	v.Embeddings = []byte("others")
	if _, err := n.Commit(v); err != nil {
		t.Fatal(err)
	}
	c, _ := n.Current()
	for file, want := range v.byName() {
		if data, err := c.Read(file); err != nil || string(data) != string(want) {
			t.Errorf("%s: %q, %v", file, data, err)
		}
	}
	// One that lacks a file is none, until it is committed again.
	if err := os.Remove(filepath.Join(n.Path(), "current", LabelsFile)); err != nil {
		t.Fatal(err)
	}
	if _, ok := n.Current(); ok || models(t, n) != "" || !errors.Is(n.Use(id), ErrNoVersion) {
		t.Error("half a version is one")
	}
	if _, err := n.Commit(v); err != nil {
		t.Fatal(err)
	}
	if current(t, n) != "A" {
		t.Errorf("current is %q", current(t, n))
	}
}

// TestMaxVersions: the oldest go, but not those that are or were in use.
func TestMaxVersions(t *testing.T) {
	n := newName(t, Limits{})
	start := time.Now()
	for i := range 9 {
		id := commit(t, n, fmt.Sprint(i), "cat")
		made := start.Add(time.Duration(i-20) * time.Minute)
		if err := os.Chtimes(filepath.Join(n.Path(), "versions", id), made, made); err != nil {
			t.Fatal(err)
		}
		if i < 2 {
			if err := n.Use(id); err != nil {
				t.Fatal(err)
			}
		}
	}
	if got := models(t, n); got != "0 1 6 7 8" || current(t, n) != "1" || previous(t, n) != "0" {
		t.Errorf("left are %s, current %s, previous %s", got, current(t, n), previous(t, n))
	}
	// One whose time is before all others', as the clock is wrong, stays when it is committed.
	for _, v := range []string{"6", "7", "8"} {
		path := filepath.Join(n.Path(), "versions", idOf([]byte(v))[:12])
		if err := os.Chtimes(path, start.Add(time.Hour), start.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
	}
	commit(t, n, "9", "cat")
	if got := models(t, n); !strings.HasSuffix(got, "9") || strings.Count(got, " ") != 4 {
		t.Errorf("left are %s", got)
	}
}

// TestStrangeLinks: links that are none of ours lead nowhere, and what is no link is not removed.
func TestStrangeLinks(t *testing.T) {
	n := newName(t, Limits{})
	id := commit(t, n, "A", "cat")
	link := filepath.Join(n.Path(), "current")
	outside := t.TempDir()
	for _, to := range []string{outside, "../../etc", "versions/../versions/" + id, "versions/" + id + "/", "versions/0123456789ab", "versions"} {
		if err := os.Symlink(to, link); err != nil {
			t.Fatal(err)
		}
		if v, ok := n.Current(); ok {
			t.Errorf("%s is taken for %+v", to, v)
		}
		if err := n.Use(id); err != nil || current(t, n) != "A" {
			t.Errorf("%s: %v", to, err)
		}
		if err := os.Remove(link); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(link, 0o700); err != nil {
		t.Fatal(err)
	}
	wantError(t, n.Use(id), "current is a folder (want a link): remove it")
	if err := os.Remove(link); err != nil {
		t.Fatal(err)
	}
	if err := n.Use(id); err != nil {
		t.Fatal(err)
	}
	// Intents that are none of ours go.
	for _, name := range []string{nextLink, forgetLink} {
		for _, to := range []string{"../../etc", ",,", "0123456789ab,", "none", "../x"} {
			if err := os.Symlink(to, filepath.Join(n.Path(), name)); err != nil {
				t.Fatal(err)
			}
			if m := n.again(t); current(t, m) != "A" {
				t.Errorf("%s -> %s: current is %q", name, to, current(t, m))
			}
			if _, err := os.Lstat(filepath.Join(n.Path(), name)); err == nil {
				t.Errorf("%s -> %s is still there", name, to)
			}
		}
	}
}

// TestEveryStep ends a change of the links after each of its steps, and opens the name anew: it is as before, or as wanted.
func TestEveryStep(t *testing.T) {
	n := newName(t, Limits{})
	a, b, c := commit(t, n, "A", "cat"), commit(t, n, "B", "cat"), commit(t, n, "C", "cat")
	to := inUse{c, b}
	for _, was := range []inUse{{b, a}, {b, ""}, {a, b}} {
		steps := []func(h *held) error{
			func(h *held) error { return h.prepare(to) },
			func(h *held) error { return h.link(to.text(), nextLink) },
			func(h *held) error { return h.Rename(workFolder+"/current", currentLink) },
			func(h *held) error { return h.Rename(workFolder+"/previous", previousLink) },
			func(h *held) error { return h.drop(nextLink) },
		}
		for done := range len(steps) + 1 {
			h, err := n.lock()
			if err == nil {
				err = h.setLinks(was)
			}
			for _, step := range steps[:done] {
				err = errors.Join(err, step(h))
			}
			if err != nil {
				t.Fatal(err)
			}
			h.close() // as if killed: without a release
			f, err := n.again(t).open()
			if err != nil {
				t.Fatal(err)
			}
			want := was
			if done >= 2 {
				want = to
			}
			if is := f.links(); is != want || f.begun() {
				t.Errorf("from %v, after step %d: %v, want %v; begun: %t", was, done, is, want, f.begun())
			}
			f.Close()
		}
	}
}

func TestForget(t *testing.T) {
	n := newName(t, Limits{})
	alice := add(t, n, Pictures, "alice", 1, Note{Camera: "porch"})
	add(t, n, Pictures, "alice", 2, Note{})
	copyIn(t, n, "pictures/alice/notes.txt", []byte("hers"))
	bob := add(t, n, Pictures, "bob", 3, Note{Camera: "porch", Label: "alice", Score: 0.4})
	add(t, n, Held, "alice", 4, Note{})
	add(t, n, Inbox, "", 5, Note{Label: "alice"})
	other := add(t, n, Inbox, "", 6, Note{Label: "bob"})
	add(t, n, Normal, "", 7, Note{})
	old, both := commit(t, n, "bob alone", "bob", "cat"), commit(t, n, "both", "alice", "bob")
	unsaid := commit(t, n, "unsaid")
	if err := errors.Join(n.Use(old), n.Use(both)); err != nil {
		t.Fatal(err)
	}
	f, err := n.Forget("alice")
	slices.Sort(f.Versions)
	want := []string{both, unsaid}
	slices.Sort(want)
	if err != nil || f.Pictures != 2 || f.Held != 1 || f.Inbox != 1 || !slices.Equal(f.Versions, want) || !f.Current || f.Previous {
		t.Errorf("%+v, %v", f, err)
	}
	if models(t, n) != "bob alone" || current(t, n) != "" || previous(t, n) != "bob alone" {
		t.Errorf("left are %s, current %q, previous %q", models(t, n), current(t, n), previous(t, n))
	}
	left := strings.Join(tree(t, n.Path()), "\n")
	if strings.Contains(left, "alice") || strings.Contains(left, alice) || !strings.Contains(left, bob) || !strings.Contains(left, other) || strings.Contains(left, ".forget") {
		t.Errorf("left:\n%s", left)
	}
	if p, err := n.Find(bob); err != nil || p.Note != (Note{Camera: "porch"}) {
		t.Errorf("%+v, %v", p, err)
	}
	if err := n.Rollback(); err != nil || current(t, n) != "bob alone" || previous(t, n) != "" {
		t.Errorf("%v: current %q, previous %q", err, current(t, n), previous(t, n))
	}
	if _, err := n.Forget("alice"); !errors.Is(err, ErrNoClass) {
		t.Errorf("error %v, want ErrNoClass", err)
	}
	if _, err := n.Forget("../gate"); err == nil {
		t.Error("forgot ../gate")
	}
}

// TestForgottenWhileTrained: a version that has learned what was deleted meanwhile is not kept.
func TestForgottenWhileTrained(t *testing.T) {
	n := newName(t, Limits{})
	files := Files{Model: []byte("model"), Report: []byte("{}"), Embeddings: []byte("e"), Labels: []byte("alice\nbob\n")}
	files.Pictures = []string{add(t, n, Pictures, "alice", 1, Note{}), add(t, n, Pictures, "bob", 2, Note{})}
	if _, err := n.Commit(files); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Forget("alice"); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Commit(files); !errors.Is(err, ErrGone) {
		t.Errorf("error %v, want ErrGone", err)
	}
	if list, err := n.Versions(); err != nil || len(list) != 0 {
		t.Errorf("left are %v, %v", list, err)
	}
}

// TestForgetIsDoneToTheEnd: whoever opens the name next does what was begun.
func TestForgetIsDoneToTheEnd(t *testing.T) {
	n := newName(t, Limits{})
	add(t, n, Pictures, "alice", 1, Note{})
	add(t, n, Inbox, "", 5, Note{Label: "alice"})
	if err := n.Use(commit(t, n, "A", "alice")); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("alice", filepath.Join(n.Path(), forgetLink)); err != nil {
		t.Fatal(err)
	}
	m := n.again(t)
	if got := tree(t, n.Path()); !slices.Equal(got, []string{"base.json"}) || current(t, m) != "" {
		t.Errorf("left: %q", got)
	}
}

// TestLeftovers: what was killed leaves nothing that stays.
func TestLeftovers(t *testing.T) {
	n := newName(t, Limits{})
	id := commit(t, n, "A", "cat")
	if err := n.Use(id); err != nil {
		t.Fatal(err)
	}
	add(t, n, Pictures, "cat", 1, Note{Camera: "porch"})
	copyIn(t, n, "pictures/cat/named.jpg", jpegOf(2, 100))
	copyIn(t, n, "pictures/cat/"+idOf(jpegOf(2, 100))+".json", []byte(`{"camera":"porch"}`))
	want := tree(t, n.Path())
	copyIn(t, n, "pictures/cat/"+idOf(jpegOf(3, 100))+".json", []byte(`{"camera":"porch"}`)) // without its picture
	copyIn(t, n, ".new/half.jpg", []byte("x"))
	copyIn(t, n, ".new/0123456789ab/model.tflite", []byte("x"))
	if err := os.Rename(filepath.Join(n.Path(), "versions", id), filepath.Join(n.Path(), ".new", "old-"+id)); err != nil {
		t.Fatal(err)
	}
	if err := errors.Join(os.Mkdir(filepath.Join(n.store.path, ".new-XYZ"), 0o700), os.Mkdir(filepath.Join(n.store.path, ".old-XYZ"), 0o700),
		os.WriteFile(filepath.Join(n.store.path, ".old-XYZ", "a"), nil, 0o600)); err != nil {
		t.Fatal(err)
	}
	m := n.again(t)
	if got := tree(t, n.store.path); strings.Join(got, " ") != "gate/"+strings.Join(want, " gate/") || current(t, m) != "A" {
		t.Errorf("left: %q\nwant %q", got, want)
	}
}

// TestBusy: a change waits for another, not for ever; to read needs no lock.
func TestBusy(t *testing.T) {
	n := newName(t, Limits{})
	id := commit(t, n, "A", "cat")
	h, err := n.lock()
	if err != nil {
		t.Fatal(err)
	}
	m := n.again(t)
	m.store.lockTime = 20 * time.Millisecond
	_, _, err = m.Add(Pictures, "cat", jpegOf(1, 10), Note{})
	for _, err := range []error{err, m.Use(id), m.Remove(), m.SetBase(someBase)} {
		if !errors.Is(err, ErrBusy) {
			t.Errorf("error %v, want ErrBusy", err)
		}
		wantError(t, err, "wait until that is done, and try again")
	}
	if models(t, m) != "A" || listed(t, m, Pictures) != "" {
		t.Error("it cannot be read")
	}
	done := make(chan error)
	m.store.lockTime = time.Minute
	go func() { done <- m.Use(id) }()
	h.release()
	if err := <-done; err != nil || current(t, n) != "A" {
		t.Errorf("%v", err)
	}
}
