package store

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/internal/testing/memorydir"
)

func TestNames(t *testing.T) {
	for name, want := range map[string]string{
		"gate": "", "a": "", "0-_9": "", strings.Repeat("x", 64): "", "-": "", "none": "", // a name may be called so
		"": "want 1 to 64", strings.Repeat("x", 65): "want 1 to 64", "Gate": "want", "../x": "want", ".": "want", "a/b": "want", "a b": "want", "tür": "want", "a\x00": "want", "a.b": "want",
	} {
		if err := CheckName(name); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("name %q: %v", name, err)
		}
	}
	for class, want := range map[string]string{"open": "", "other": "", "none": `"other" is usual`, "unknown": `"other" is usual`, "../x": "want", "Open": "want"} {
		if err := CheckClass(class); want == "" && err != nil || want != "" && (err == nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("class %q: %v", class, err)
		}
	}
}

func TestNew(t *testing.T) {
	folder := filepath.Join(memorydir.New(t), "state", "teach")
	s := Open(folder, Limits{})
	if names, err := s.Names(); err != nil || len(names) > 0 {
		t.Errorf("names %q, %v", names, err)
	}
	if _, err := s.Name("gate"); !errors.Is(err, ErrNone) {
		t.Errorf("error %v, want ErrNone", err)
	}
	if _, err := os.Lstat(folder); err == nil {
		t.Error("to read has made the folder")
	}
	for _, name := range []string{"gate", "a"} {
		if _, err := s.New(name, someBase); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := s.New("gate", Base{}); !errors.Is(err, ErrExists) {
		t.Errorf("error %v, want ErrExists", err)
	}
	for _, name := range []string{"", "../x", "A"} {
		if _, err := s.New(name, someBase); err == nil {
			t.Errorf("made %q", name)
		}
		if _, err := s.Name(name); err == nil {
			t.Errorf("found %q", name)
		}
	}
	n, err := s.Name("gate")
	if err != nil {
		t.Fatal(err)
	}
	if b, err := n.Base(); err != nil || !reflect.DeepEqual(b, someBase) {
		t.Errorf("base %+v, %v", b, err)
	}
	other := Base{Name: "builtin:demo"}
	if err := n.SetBase(other); err != nil {
		t.Fatal(err)
	}
	if b, err := n.again(t).Base(); err != nil || !reflect.DeepEqual(b, other) {
		t.Errorf("base %+v, %v", b, err)
	}
	if names, err := s.Names(); err != nil || !slices.Equal(names, []string{"a", "gate"}) {
		t.Errorf("names %q, %v", names, err)
	}
	if err := n.Remove(); err != nil {
		t.Fatal(err)
	}
	if got := tree(t, folder); !slices.Equal(got, []string{"a/base.json"}) {
		t.Errorf("left: %q", got)
	}
	if _, _, err := n.Add(Normal, "", jpegOf(1, 10), Note{}); !errors.Is(err, ErrNone) {
		t.Errorf("error %v, want ErrNone", err)
	}
}

// TestModes: nobody else may look, and nothing is left of the work.
func TestModes(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0))
	n := newName(t, Limits{})
	add(t, n, Pictures, "cat", 1, Note{Camera: "porch"})
	add(t, n, Inbox, "", 2, Note{})
	if err := n.Use(commit(t, n, "one", "cat", "dog")); err != nil {
		t.Fatal(err)
	}
	err := filepath.WalkDir(n.store.path, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		want := map[bool]fs.FileMode{true: 0o700, false: 0o600}[d.IsDir()]
		if err == nil && info.Mode().Perm() != want && d.Type() != fs.ModeSymlink {
			t.Errorf("%s has mode %v", path, info.Mode())
		}
		if strings.HasPrefix(d.Name(), ".") {
			t.Errorf("left: %s", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestPictures(t *testing.T) {
	n := newName(t, Limits{})
	taken := time.Date(2026, 3, 1, 12, 0, 0, 5000, time.UTC)
	note := Note{Camera: "porch", Time: taken, Label: "dog", Score: 0.5, Why: "unsure"}
	cat := add(t, n, Pictures, "cat", 1, note)
	dog := add(t, n, Pictures, "dog", 2, Note{})
	add(t, n, Held, "cat", 3, Note{})
	add(t, n, Normal, "", 4, Note{})
	add(t, n, Inbox, "", 5, Note{})

	p, err := n.again(t).Find(cat)
	if want := (Picture{ID: cat, Shelf: Pictures, Class: "cat", File: "pictures/cat/" + cat + ".jpg", Bytes: 100, Added: p.Added, Note: note}); err != nil || p != want || p.Added.IsZero() {
		t.Errorf("got %+v, %v\nwant %+v", p, err, want)
	}
	if data, err := n.Read(p); err != nil || !bytes.Equal(data, jpegOf(1, 100)) {
		t.Errorf("read %q, %v", data, err)
	}
	for _, c := range []struct {
		shelf  Shelf
		class  string
		number int
		err    string
	}{
		{Pictures, "cat", 1, ""}, {Inbox, "", 1, ""}, {Inbox, "", 3, ""}, {Inbox, "", 4, ""},
		{Pictures, "dog", 1, "is in pictures/cat already"}, {Held, "cat", 1, "is in pictures/cat already"}, {Pictures, "cat", 3, "is in held/cat already"},
		{Pictures, "none", 9, "none"}, {Pictures, "", 9, "want 1 to 64"}, {Pictures, "../x", 9, "want 1 to 64"}, {Inbox, "cat", 9, "no class"}, {"versions", "", 9, "no shelf"},
	} {
		if _, fresh, err := n.Add(c.shelf, c.class, jpegOf(c.number, 100), Note{}); fresh || c.err == "" && err != nil {
			t.Errorf("%+v: fresh %t, %v", c, fresh, err)
		} else if c.err != "" {
			wantError(t, err, c.err)
		}
	}
	for data, want := range map[string]string{"": "no picture", "GIF89a": "no picture", "\xff\xd8\xff" + strings.Repeat("x", MaxPicture): "16 MiB at most"} {
		_, _, err := n.Add(Pictures, "cat", []byte(data), Note{})
		wantError(t, err, want)
	}

	if err := n.Move(cat, Held, "dog"); err != nil {
		t.Fatal(err)
	}
	if p, err := n.again(t).Find(cat); err != nil || p.Shelf != Held || p.Class != "dog" || p.Note != note {
		t.Errorf("moved: %+v, %v", p, err)
	}
	if err := n.Move(strings.Repeat("0", 64), Held, "dog"); !errors.Is(err, ErrNoPicture) {
		t.Errorf("error %v, want ErrNoPicture", err)
	}
	if err := n.Delete(cat, strings.Repeat("0", 64), dog); !errors.Is(err, ErrNoPicture) {
		t.Errorf("error %v, want ErrNoPicture", err)
	}
	got := tree(t, n.Path())
	if len(got) != 4 { // base.json, held/cat, normal, inbox: no note, no folder of a class without pictures
		t.Errorf("left: %q", got)
	}
	for _, dir := range []string{"pictures/cat", "pictures/dog", "held/dog"} {
		if _, err := os.Lstat(filepath.Join(n.Path(), dir)); err == nil {
			t.Errorf("%s is still there", dir)
		}
	}
	png := []byte("\x89PNG\r\n\x1a\nthe rest")
	id, fresh, err := n.Add(Normal, "", png, Note{})
	if p, also := n.Find(id); errors.Join(err, also) != nil || !fresh || p.File != "normal/"+id+".png" {
		t.Errorf("%+v, %t, %v", p, fresh, errors.Join(err, also))
	}
}

// TestCopiedIn: files that a person has copied in count, under the SHA-256 of their bytes.
func TestCopiedIn(t *testing.T) {
	n := newName(t, Limits{})
	one := add(t, n, Pictures, "cat", 1, Note{Camera: "porch"})
	copyIn(t, n, "pictures/cat/IMG_2.JPG", jpegOf(2, 100))
	copyIn(t, n, "pictures/cat/three.jpeg", jpegOf(3, 100))
	copyIn(t, n, "pictures/cat/vier ö\n.PNG", jpegOf(4, 100)) // what is in it is the reader's business
	copyIn(t, n, "pictures/cat/IMG_2 copy.jpg", jpegOf(2, 100))
	list, skipped, err := n.List(Pictures)
	if err != nil || len(list) != 4 || len(skipped) != 1 || skipped[0].Reason != "has the same bytes as pictures/cat/IMG_2 copy.jpg" {
		t.Fatalf("%+v, %+v, %v", list, skipped, err)
	}
	for _, p := range list {
		data, err := n.Read(p)
		if err != nil || idOf(data) != p.ID || (p.ID == one) != (p.Note.Camera == "porch") {
			t.Errorf("%+v: %v", p, err)
		}
	}
	// One under two names goes as one.
	two := idOf(jpegOf(2, 100))
	if err := n.Move(two, Pictures, "dog"); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, n, Pictures); strings.Count(got, two[:4]) != 1 || !strings.Contains(got, "dog "+two[:4]) {
		t.Errorf("moved: %s", got)
	}
	copyIn(t, n, "inbox/a.jpg", jpegOf(2, 100))
	copyIn(t, n, "inbox/b.jpg", jpegOf(2, 100))
	if err := n.Delete(two); err != nil {
		t.Fatal(err)
	}
	if _, err := n.Find(two); !errors.Is(err, ErrNoPicture) {
		t.Errorf("error %v, want ErrNoPicture", err)
	}
	// A file that was changed under our name is not what the name says.
	p, err := n.Find(one)
	if err != nil {
		t.Fatal(err)
	}
	copyIn(t, n, p.File, jpegOf(9, 100))
	_, err = n.Read(p)
	wantError(t, err, p.File+" has other bytes than its name says: give it another name, or delete it")
	// One that was changed under its own name is another picture.
	before := idOf(jpegOf(3, 100))
	copyIn(t, n, "pictures/cat/three.jpeg", jpegOf(33, 101))
	if _, err := n.Find(before); !errors.Is(err, ErrNoPicture) {
		t.Errorf("error %v, want ErrNoPicture", err)
	}
	if p, err := n.Find(idOf(jpegOf(33, 101))); err != nil || p.File != "pictures/cat/three.jpeg" {
		t.Errorf("%+v, %v", p, err)
	}
}

// TestListReadsOnce: what is known of a file that has not changed is not read again.
func TestListReadsOnce(t *testing.T) {
	n := newName(t, Limits{})
	copyIn(t, n, "normal/a.jpg", jpegOf(1, 100))
	path := filepath.Join(n.Path(), "normal", "a.jpg")
	age(t, path, time.Hour)
	want := listed(t, n, Normal)
	info, err := os.Lstat(path)
	if err != nil {
		t.Fatal(err)
	}
	copyIn(t, n, "normal/a.jpg", jpegOf(2, 100)) // other bytes, same size, inode and time
	if err := os.Chtimes(path, time.Time{}, info.ModTime()); err != nil {
		t.Fatal(err)
	}
	if got := listed(t, n, Normal); got != want {
		t.Errorf("it was read again: %s, %s", got, want)
	}
	if got := listed(t, n.again(t), Normal); got == want {
		t.Error("another process does not read it")
	}
}

// TestSkipped: what is no picture is named, and nothing is followed, read or waited for.
func TestSkipped(t *testing.T) {
	n := newName(t, Limits{})
	add(t, n, Pictures, "cat", 1, Note{})
	dir := filepath.Join(n.Path(), "pictures")
	outside := filepath.Join(memorydir.New(t), "secret.jpg")
	copyIn(t, n, "pictures/cat/._a.jpg", []byte("x"))
	copyIn(t, n, "pictures/cat/empty.jpg", nil)
	copyIn(t, n, "pictures/cat/notes.txt", []byte("x"))
	copyIn(t, n, "pictures/cat/huge.jpg", nil)
	copyIn(t, n, "pictures/loose.jpg", jpegOf(2, 10))
	copyIn(t, n, "pictures/Cat/a.jpg", jpegOf(3, 10))
	copyIn(t, n, "pictures/none/a.jpg", jpegOf(3, 10))
	err := errors.Join(os.WriteFile(outside, jpegOf(4, 10), 0o600), os.Truncate(filepath.Join(dir, "cat/huge.jpg"), MaxPicture+1),
		os.Symlink(outside, filepath.Join(dir, "cat/link.jpg")), os.Symlink("cat", filepath.Join(dir, "dog")),
		os.Mkdir(filepath.Join(dir, "cat/folder.jpg"), 0o700), syscall.Mkfifo(filepath.Join(dir, "cat/pipe.jpg"), 0o600))
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"pictures/Cat: the class \"Cat\": want 1 to 64 of a-z, 0-9, - and _: rename the folder",
		"pictures/cat/._a.jpg: is hidden: its name begins with a dot",
		"pictures/cat/empty.jpg: is empty",
		"pictures/cat/folder.jpg: is a folder",
		"pictures/cat/huge.jpg: has more than 16 MiB",
		"pictures/cat/link.jpg: is a link",
		"pictures/cat/notes.txt: is no picture: want a name that ends in .jpg, .jpeg or .png",
		"pictures/cat/pipe.jpg: is a pipe",
		"pictures/dog: is a link: a picture lies in a folder of its class",
		"pictures/loose.jpg: is a file: a picture lies in a folder of its class",
		`pictures/none: no class may be called "none", which has a meaning of its own: "other" is usual for what is there otherwise: rename the folder`,
	}
	list, skipped, err := n.List(Pictures)
	var got []string
	for _, s := range skipped {
		got = append(got, s.File+": "+s.Reason)
	}
	slices.Sort(got)
	if err != nil || len(list) != 1 || !slices.Equal(got, want) {
		t.Errorf("%d pictures, %v, skipped\n%s\nwant\n%s", len(list), err, strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
	for _, file := range []string{"pictures/cat/link.jpg", "pictures/cat/pipe.jpg", "pictures/dog/x.jpg", "../secret.jpg", outside} {
		if _, err := n.Read(Picture{File: file}); err == nil {
			t.Errorf("%s was read", file)
		}
	}
	if os.Geteuid() != 0 {
		return
	}
	if err := syscall.Mknod(filepath.Join(dir, "cat/device.jpg"), syscall.S_IFCHR|0o600, 1<<8|5); err != nil {
		t.Skip(err)
	}
	if got := listed(t, n, Pictures); !strings.Contains(got, "skipped pictures/cat/device.jpg: is a device") {
		t.Error(got)
	}
}

// TestLinkedFolders: a name or a shelf that is a link is refused, and nothing is written through it.
func TestLinkedFolders(t *testing.T) {
	n := newName(t, Limits{})
	outside := memorydir.New(t)
	if err := errors.Join(os.Symlink(outside, filepath.Join(n.Path(), "pictures")), os.Symlink(outside, filepath.Join(n.store.path, "evil")),
		os.Symlink("gate", filepath.Join(n.store.path, "alias"))); err != nil {
		t.Fatal(err)
	}
	_, _, err := n.Add(Pictures, "cat", jpegOf(1, 10), Note{})
	wantError(t, err, "pictures is a link (want a folder)")
	_, _, err = n.List(Pictures)
	wantError(t, err, "pictures is a link (want a folder)")
	for _, name := range []string{"evil", "alias"} {
		_, err = n.store.Name(name)
		wantError(t, err, name+" is a link (want a folder)")
		if _, err := n.store.New(name, someBase); !errors.Is(err, ErrExists) {
			t.Errorf("error %v, want ErrExists", err)
		}
	}
	if names, err := n.store.Names(); err != nil || !slices.Equal(names, []string{"gate"}) {
		t.Errorf("names %q, %v", names, err)
	}
	if left := tree(t, outside); len(left) > 0 {
		t.Errorf("written outside: %q", left)
	}
}

func TestInboxRing(t *testing.T) {
	n := newName(t, Limits{MaxPictures: 3})
	var ids []string
	for i := range 5 {
		ids = append(ids, add(t, n, Inbox, "", i, Note{Label: "cat"}))
		age(t, filepath.Join(n.Path(), "inbox", ids[i]+".jpg"), time.Hour-time.Duration(i)*time.Minute)
	}
	list, _, err := n.again(t).List(Inbox)
	var got []string
	for _, p := range list {
		got = append(got, p.ID)
	}
	if err != nil || !slices.Equal(got, ids[2:]) {
		t.Errorf("got %q, %v, want %q", got, err, ids[2:])
	}
	if files := tree(t, filepath.Join(n.Path(), "inbox")); len(files) != 6 {
		t.Errorf("files: %q", files)
	}
	// A picture that comes back to the inbox has a place there too.
	id := add(t, n, Pictures, "cat", 9, Note{})
	if err := n.Move(id, Inbox, ""); err != nil {
		t.Fatal(err)
	}
	if list, _, err := n.List(Inbox); err != nil || len(list) != 3 || list[2].ID != id {
		t.Errorf("%+v, %v", list, err)
	}
	// One that is the oldest there, and elsewhere too, stays.
	copyIn(t, n, "pictures/cat/copy.jpg", jpegOf(3, 100))
	if err := n.Move(ids[3], Inbox, ""); err != nil {
		t.Fatal(err)
	}
	if p, err := n.Find(ids[3]); err != nil || p.Shelf != Inbox || listed(t, n, Pictures) != "" {
		t.Errorf("%+v, %v", p, err)
	}
}

func TestMaxBytes(t *testing.T) {
	n := newName(t, Limits{MaxBytes: 1000})
	for i := range 7 {
		add(t, n, Pictures, "cat", i, Note{})
	}
	for i := range 5 { // the inbox takes what is left, and makes room
		add(t, n, Inbox, "", 10+i, Note{})
	}
	if list, _, err := n.List(Inbox); err != nil || len(list) != 3 {
		t.Errorf("%d in the inbox, %v", len(list), err)
	}
	_, fresh, err := n.Add(Pictures, "cat", jpegOf(20, 100), Note{Camera: "x"})
	if !errors.Is(err, ErrFull) || fresh {
		t.Errorf("error %v, want ErrFull", err)
	}
	wantError(t, err, "1000 bytes of 1000 bytes are used: delete some, or allow more (teach.max_bytes)")
	if got := listed(t, n, Pictures); strings.Count(got, "cat") != 7 {
		t.Error(got)
	}
	list, _, err := n.List(Inbox)
	if err != nil {
		t.Fatal(err)
	}
	if err := n.Move(list[0].ID, Pictures, "dog"); err != nil { // takes no more room
		t.Fatal(err)
	}
	if err := n.Delete(list[0].ID); err != nil {
		t.Fatal(err)
	}
	add(t, n, Held, "cat", 20, Note{})
	// What a person copies in counts, though nobody can refuse it.
	copyIn(t, n, "normal/a.jpg", jpegOf(30, 5000))
	if _, _, err := n.Add(Inbox, "", jpegOf(40, 100), Note{}); !errors.Is(err, ErrFull) {
		t.Errorf("error %v, want ErrFull", err)
	}
}

// TestManyPictures: a name with many pictures takes more of them at once, without a look at all of them each time.
func TestManyPictures(t *testing.T) {
	n := newName(t, Limits{})
	for i := range 500 {
		copyIn(t, n, "pictures/cat/"+idOf(jpegOf(i, 100))+".jpg", jpegOf(i, 100))
	}
	if list, _, err := n.List(Pictures); err != nil || len(list) != 500 {
		t.Fatalf("%d pictures, %v", len(list), err)
	}
	counted := n.cache.get("pictures/cat")
	counted.bytes += 7 // so that it shows whether they are counted anew
	n.cache.set("pictures/cat", counted)
	for i := range 3 {
		add(t, n, Pictures, "cat", 5000+i, Note{})
	}
	if got, want := n.cache.get("pictures/cat").bytes, counted.bytes+300; got != want {
		t.Errorf("%d bytes, want %d: they were counted anew", got, want)
	}
	copyIn(t, n, "pictures/cat/more.jpg", jpegOf(6000, 100))
	add(t, n, Pictures, "cat", 5010, Note{})
	if got, want := n.cache.get("pictures/cat").bytes, int64(505*100); got != want {
		t.Errorf("%d bytes, want %d: they were not counted anew", got, want)
	}
}
