package store

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// childVariable tells a process of the test program to work on a store: its folder, a seed, and how many steps; 0: until it
// is killed.
const childVariable = "INCEPTIOND_TEST_STORE"

// worker changes a store at random, and says on standard output what is about to become of the links.
type worker struct {
	n    *Name
	r    *rand.Rand
	tar  []byte
	out  io.Writer
	name string // of imports
}

// TestKilled kills a process at 30 random moments of its work. The store always opens, with the links as they were before a
// change or after it, whole versions, whole pictures, and an import that is there or not.
func TestKilled(t *testing.T) {
	if os.Getenv(childVariable) != "" {
		work(t)
		return
	}
	n := newName(t, Limits{})
	add(t, n, Pictures, "dog", 100, Note{Camera: "porch"})
	commit(t, n, "0", "cat", "dog")
	for seed := range uint64(30) {
		said := killOne(t, n.store.path, seed)
		m := n.again(t)
		wantLinks(t, m, said)
		wantWhole(t, m)
		if t.Failed() {
			t.Fatalf("seed %d; the last that was said:\n%s", seed, strings.Join(said[max(0, len(said)-4):], "\n"))
		}
	}
}

// killOne has a process work on the store, kills it, and returns what it said.
func killOne(t *testing.T, folder string, seed uint64) (said []string) {
	child := exec.Command(os.Args[0], "-test.run", "^TestKilled$")
	child.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d 0", childVariable, folder, seed))
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for lines.Scan() {
		said = append(said, lines.Text())
		if len(said) == 1 { // it is at work: the moment is random
			time.AfterFunc(time.Duration(rand.New(rand.NewPCG(seed, 1)).IntN(80_000))*time.Microsecond, func() { child.Process.Kill() })
		}
	}
	if err := child.Wait(); err == nil || child.ProcessState.Exited() {
		t.Fatalf("seed %d: it ended by itself (%v):\n%s", seed, err, strings.Join(said, "\n"))
	}
	return said
}

// work is the process.
func work(t *testing.T) {
	var folder string
	var seed uint64
	var steps int
	if _, err := fmt.Sscan(os.Getenv(childVariable), &folder, &seed, &steps); err != nil {
		t.Fatal(err)
	}
	s := Open(folder, Limits{MaxPictures: 3})
	s.lockTime = time.Minute
	n, err := s.Name("gate")
	if err != nil {
		t.Fatal(err)
	}
	var list []entry
	for i := range 5 {
		list = append(list, entry{name: fmt.Sprintf("normal/%d.jpg", i), data: string(jpegOf(i, 5000))})
	}
	w := worker{n, rand.New(rand.NewPCG(seed, 2)), tarOf(t, true, list...), os.Stdout, fmt.Sprint("import-", seed)}
	fmt.Fprintln(w.out, "ready")
	for i := 0; steps == 0 || i < steps; i++ {
		if err := w.step(); err != nil {
			t.Fatal(err)
		}
	}
}

// step does one thing. What another process may have made impossible is no error.
func (w *worker) step() (err error) {
	switch w.r.IntN(8) {
	case 0:
		_, err = w.n.Commit(filesOf(fmt.Sprint(w.r.IntN(10)), [][]string{{"cat"}, {"cat", "dog"}}[w.r.IntN(2)]...))
	case 1, 2:
		var list []Version
		if list, err = w.n.Versions(); err == nil && len(list) > 0 {
			id := list[w.r.IntN(len(list))].ID
			err = w.change(func(is inUse) inUse {
				if is.current == id {
					return is
				}
				return inUse{id, is.current}
			}, func() error { return w.n.Use(id) })
		}
	case 3:
		err = w.change(func(is inUse) inUse {
			if is.previous == "" {
				return is
			}
			return inUse{is.previous, is.current}
		}, w.n.Rollback)
	case 4:
		shelf := shelves[w.r.IntN(len(shelves))]
		class := map[bool]string{true: []string{"cat", "dog"}[w.r.IntN(2)]}[shelf.hasClasses()]
		_, _, err = w.n.Add(shelf, class, jpegOf(w.r.IntN(30), 5000), Note{Camera: "porch", Label: "dog", Score: 0.5})
		if err != nil && strings.Contains(err.Error(), "already") {
			err = nil
		}
	case 5:
		err = w.change(w.withoutDogs, func() error { _, err := w.n.Forget("dog"); return err })
	case 6:
		var m *Name
		if m, err = w.n.store.Import(bytes.NewReader(w.tar), w.name); err == nil {
			err = m.Remove()
		} else if m, err = w.n.store.Name(w.name); err == nil { // the one that was killed has left it
			err = m.Remove()
		}
	case 7:
		id := idOf(jpegOf(w.r.IntN(30), 5000))
		if w.r.IntN(2) == 0 {
			err = w.n.Move(id, Pictures, "cat")
		} else {
			err = w.n.Delete(id)
		}
	}
	for _, usual := range []error{ErrNone, ErrExists, ErrNoPicture, ErrNoVersion, ErrNoClass} {
		if errors.Is(err, usual) {
			return nil
		}
	}
	return err
}

// change says from what to what the links are about to change, and that it is done.
func (w *worker) change(to func(is inUse) inUse, do func() error) error {
	f, err := w.n.open()
	if err != nil {
		return err
	}
	is := f.links()
	f.Close()
	fmt.Fprintf(w.out, "from %s to %s\n", is.text(), to(is).text())
	if err = do(); err == nil || errors.Is(err, ErrNoVersion) || errors.Is(err, ErrNoClass) {
		fmt.Fprintln(w.out, "done")
	}
	return err
}

// withoutDogs is what is left of the links without the versions that know dogs.
func (w *worker) withoutDogs(is inUse) inUse {
	list, err := w.n.Versions()
	for _, v := range list {
		report, also := v.Read(ReportFile)
		if err = errors.Join(err, also); err != nil || !bytes.Contains(report, []byte("dog")) {
			continue
		}
		if v.ID == is.current {
			is.current = ""
		}
		if v.ID == is.previous {
			is.previous = ""
		}
	}
	return is
}

// wantLinks wants the links to be as they were before the last change that was said, or after it.
func wantLinks(t *testing.T, n *Name, said []string) {
	t.Helper()
	f, err := n.open()
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	is := f.links().text()
	for i, line := range slices.Backward(said) {
		var from, to string
		if _, err := fmt.Sscanf(line, "from %s to %s", &from, &to); err != nil {
			continue
		}
		if done := i+1 < len(said); is != to && (done || is != from) {
			t.Errorf("the links are %s; done: %t: %s", is, done, line)
		}
		return
	}
}

// wantWhole wants all that is in a store to be whole, and no trace of work.
func wantWhole(t *testing.T, n *Name) {
	t.Helper()
	if err := n.SetBase(someBase); err != nil { // the first change sweeps the store
		t.Fatal(err)
	}
	for _, file := range tree(t, n.store.path) {
		if strings.HasPrefix(filepath.Base(file), ".") || strings.HasPrefix(file, ".") || strings.Contains(file, "/.") {
			t.Errorf("left: %s", file)
		}
	}
	current(t, n)
	previous(t, n)
	names, err := n.store.Names()
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range names {
		m, err := n.store.Name(name)
		if err != nil {
			t.Error(err)
			continue
		}
		wantVersions(t, m)
		count := wantPictures(t, m)
		if name != "gate" && count != 5 {
			t.Errorf("%s has %d pictures", name, count)
		}
	}
}

func wantVersions(t *testing.T, n *Name) {
	t.Helper()
	entries, err := filepath.Glob(filepath.Join(n.Path(), "versions", "*"))
	list, also := n.Versions()
	if errors.Join(err, also) != nil || len(entries) != len(list) {
		t.Errorf("%d versions of %d folders, %v", len(list), len(entries), errors.Join(err, also))
	}
	for _, v := range list {
		model, err := v.Read(ModelFile)
		embeddings, also := v.Read(EmbeddingsFile)
		if errors.Join(err, also) != nil || idOf(model)[:12] != v.ID || string(embeddings) != "E "+string(model) {
			t.Errorf("%s: %q, %q, %v", v.ID, model, embeddings, errors.Join(err, also))
		}
	}
}

// wantPictures wants each picture to be what its name says, and each note to have its picture.
func wantPictures(t *testing.T, n *Name) (count int) {
	t.Helper()
	files := 1 // base.json
	for _, shelf := range shelves {
		list, skipped, err := n.List(shelf)
		if err != nil || len(skipped) > 0 {
			t.Errorf("skipped %+v, %v", skipped, err)
		}
		count += len(list)
		for _, p := range list {
			if _, err := n.Read(p); err != nil {
				t.Error(err)
			}
			files++
			if p.Note != (Note{}) {
				files++
			}
		}
	}
	for _, file := range tree(t, n.Path()) {
		if strings.Contains(file, "versions/") {
			files++
		}
	}
	if got := tree(t, n.Path()); len(got) != files {
		t.Errorf("%d files, want %d: %q", len(got), files, got)
	}
	return count
}

// TestTwoProcesses has three processes work on a store at the same time.
func TestTwoProcesses(t *testing.T) {
	n := newName(t, Limits{})
	commit(t, n, "0", "cat", "dog")
	var children []*exec.Cmd
	var outs []*bytes.Buffer
	for seed := range 3 {
		child, out := exec.Command(os.Args[0], "-test.run", "^TestKilled$"), new(bytes.Buffer)
		child.Env = append(os.Environ(), fmt.Sprintf("%s=%s %d 400", childVariable, n.store.path, 1000+seed))
		child.Stdout, child.Stderr = out, out
		if err := child.Start(); err != nil {
			t.Fatal(err)
		}
		children, outs = append(children, child), append(outs, out)
	}
	for i, child := range children {
		if err := child.Wait(); err != nil {
			t.Errorf("%v: %s", err, outs[i])
		}
	}
	wantWhole(t, n)
}
