package snapshots

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// walked is what Newest has: labels and times; errors in brackets.
func walked(t *testing.T, albums map[string]Limits, before string, limit int) (said string, last string) {
	t.Helper()
	var all []string
	for p, err := range Newest(t.Context(), albums, before) {
		if len(all) == limit {
			break
		}
		if err != nil {
			all = append(all, "["+err.Error()+"]")
			continue
		}
		all, last = append(all, fmt.Sprint(p.Camera, "/", p.Label, "@", p.Time.UTC().Format("02T15:04:05"))), p.ID
		if p.Synced == strings.Contains(p.ID, unsynced) {
			t.Errorf("%+v", p)
		}
	}
	return strings.Join(all, " "), last
}

// kept puts a picture into an album.
func (d *desk) kept(camera, day, name string, written time.Time) {
	d.t.Helper()
	path := filepath.Join(d.Folder, camera, day, name)
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		d.t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(name), 0o644); err != nil {
		d.t.Fatal(err)
	}
	if err := os.Chtimes(path, time.Time{}, written); err != nil {
		d.t.Fatal(err)
	}
}

// TestNewest: from day to day over all cameras, then those of boots without a clock by when they were written, and nothing else.
func TestNewest(t *testing.T) {
	d := newDesk(t, Limits{})
	one, two := "unsynced-"+boot, "unsynced-boot"
	d.kept("drive", "2026-03-13", "235959.999-dog-1.jpg", noon.Time)
	d.kept("drive", "2026-03-14", "000000.000-cocker-spaniel-2.jpg", noon.Time)
	d.kept("drive", "2026-03-14", "120000.000-3.jpg", noon.Time)
	d.kept("north.gate", "2026-03-14", "080000.000-151-10.jpg", noon.Time)
	d.kept("drive", one, "000100.000-early-1.jpg", noon.Time.Add(-time.Hour))
	d.kept("north.gate", two, "230000.000-late-1.jpg", noon.Time.Add(-time.Minute))
	d.kept("strange", "2026-03-14", "120000.000-dog-1.jpg", noon.Time) // no camera
	d.kept("drive", "2026-03-14", "120000.000-dog-1.jpg.part", noon.Time)
	d.kept("drive", "2026-03-14", "holiday.jpg", noon.Time)
	d.kept("drive", "holidays", "120000.000-dog-1.jpg", noon.Time)
	if err := os.Symlink("120000.000-3.jpg", filepath.Join(d.Folder, "drive/2026-03-14/120001.000-link-4.jpg")); err != nil {
		t.Fatal(err)
	}
	albums := map[string]Limits{"drive": d.Limits, "north.gate": d.Limits, "nothing": d.Limits}
	const want = "drive/@14T12:00:00 north.gate/151@14T08:00:00 drive/cocker-spaniel@14T00:00:00 drive/dog@13T23:59:59 " +
		"north.gate/late@14T11:59:00 drive/early@14T11:00:00"
	if got, _ := walked(t, albums, "", 100); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	for size := 1; size < 4; size++ {
		var pages []string
		for before := ""; ; {
			page, last := walked(t, albums, before, size)
			if page == "" {
				break
			}
			pages, before = append(pages, page), last
		}
		if got := strings.Join(pages, " "); got != want {
			t.Errorf("pages of %d:\n%s\nwant\n%s", size, got, want)
		}
	}
	if got, _ := walked(t, map[string]Limits{"north.gate": d.Limits}, "", 100); got != "north.gate/151@14T08:00:00 north.gate/late@14T11:59:00" {
		t.Errorf("of one camera: %s", got)
	}
	if got, _ := walked(t, albums, "drive.2026-03-14.050000.000-gone-9", 1); got != "drive/cocker-spaniel@14T00:00:00" {
		t.Errorf("after one that is gone: %s", got)
	}
	if got, _ := walked(t, albums, "drive.unsynced-boot.050000.000-gone-9", 1); got != "" {
		t.Errorf("after one that is gone, of an unknown day: %s", got)
	}
}

// TestNewestReadsWhatIsWanted: the first pictures cost no folder of an older day.
func TestNewestReadsWhatIsWanted(t *testing.T) {
	d := newDesk(t, Limits{})
	for i := range 100 {
		d.kept("drive", noon.Time.AddDate(0, 0, -i).Format(dayFormat), "120000.000-dog-1.jpg", noon.Time)
	}
	n := 0
	for p, err := range Newest(t.Context(), map[string]Limits{"drive": d.Limits}, "") {
		if err != nil {
			t.Fatal(err)
		}
		switch n++; {
		case n == 1: // the days are known, and go
			if err := os.RemoveAll(filepath.Join(d.Folder, "drive")); err != nil {
				t.Fatal(err)
			}
		case n > 1:
			t.Fatalf("%s was read before somebody wanted it", p.ID)
		}
	}
	if n != 1 {
		t.Errorf("%d pictures", n)
	}
}

// TestNewestTrouble: of one camera does not hide the others, and is told; a wrong ID is told; nobody who has gone is read for.
func TestNewestTrouble(t *testing.T) {
	d := newDesk(t, Limits{})
	d.kept("drive", "2026-03-14", "120000.000-dog-1.jpg", noon.Time)
	if err := os.Symlink(d.Folder+"/drive", d.Folder+"/link"); err != nil {
		t.Fatal(err)
	}
	albums := map[string]Limits{"drive": d.Limits, "link": d.Limits}
	if got, _ := walked(t, albums, "", 9); !strings.HasPrefix(got, "[") || !strings.Contains(got, "is no folder] drive/dog") {
		t.Error(got)
	}
	for _, id := range []string{"12", "drive", "../drive.2026-03-14.120000.000", "drive.2026-03-14.120000.000-dog", "drive.2026-02-30.120000.000-dog-1", ".....", "drive.2026-03-14.120000.000-../x-1"} {
		for _, err := range Newest(t.Context(), albums, id) {
			if !errors.Is(err, fs.ErrInvalid) {
				t.Errorf("%q: %v", id, err)
			}
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for p, err := range Newest(ctx, albums, "") {
		if err == nil {
			t.Errorf("%+v", p)
		}
	}
}

// TestRead: what a keeper wrote is had by its ID, and nothing else.
func TestRead(t *testing.T) {
	d := newDesk(t, Limits{})
	d.snap("Cocker Spaniel", 10)
	s := snapshot("Cocker Spaniel", 1, noon.Time.UnixMilli())
	albums := map[string]Limits{"drive": d.Limits}
	id := IDOf(s, boot)
	if jpeg, err := Read(albums, id); err != nil || len(jpeg) != 10 {
		t.Errorf("%s: %d bytes, %v", id, len(jpeg), err)
	}
	if p, ok := Find(albums, id); !ok || p.ID != id || p.Camera != "drive" || p.Label != "cocker-spaniel" {
		t.Errorf("%s is %+v, %t", id, p, ok)
	}
	d.put("2026-03-14/120000.000-empty-2.jpg", "")
	d.put("2026-03-14/120000.000-folder-2.jpg/inside", "")
	d.put("2026-03-14/120000.000-true-2.jpg", "x")
	for name, to := range map[string]string{"2026-03-14/120000.000-link-2.jpg": "120000.000-true-2.jpg", "2026-03-15": "2026-03-14"} {
		if err := os.Symlink(to, filepath.Join(d.Folder, "drive", name)); err != nil {
			t.Fatal(err)
		}
	}
	for _, id := range []string{
		"", "1", "drive.2026-03-14.120000.000-cat-1", "drive.2026-03-14.120000.000-empty-2", "drive.2026-03-14.120000.000-folder-2",
		"drive.2026-03-14.120000.000-link-2", "drive.2026-03-15.120000.000-true-2", "other.2026-03-14.120000.000-true-2", "../drive.2026-03-14.120000.000-true-2",
	} {
		if jpeg, err := Read(albums, id); err == nil {
			t.Errorf("%s: %q", id, jpeg)
		}
		if p, ok := Find(albums, id); ok {
			t.Errorf("%s: %+v", id, p)
		}
	}
}

// FuzzRead: nothing but pictures of the camera comes out, whatever is asked for.
func FuzzRead(f *testing.F) {
	for _, id := range []string{"drive.2026-03-14.120000.000-dog-1", "drive.unsynced-x.120000.000-1", "a.b.2026-03-14.120000.000-dog-1", "../secret.2026-03-14.120000.000-1", "....", "drive/../drive.2026-03-14.120000.000-dog-1"} {
		f.Add(id)
	}
	folder := f.TempDir()
	const picture = "picture"
	for path, content := range map[string]string{
		"albums/drive/2026-03-14/120000.000-dog-1.jpg": picture, "albums/drive/unsynced-x/120000.000-1.jpg": picture,
		"albums/drive/notes.jpg": "secret", "albums/secret/2026-03-14/120000.000-1.jpg": "secret", "secret/2026-03-14/120000.000-1.jpg": "secret",
	} {
		path = filepath.Join(folder, path)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			f.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
			f.Fatal(err)
		}
	}
	albums := map[string]Limits{"drive": {Folder: filepath.Join(folder, "albums")}}
	f.Fuzz(func(t *testing.T, id string) {
		if jpeg, err := Read(albums, id); err == nil && string(jpeg) != picture {
			t.Fatalf("%q is %q", id, jpeg)
		}
		var last *Picture
		for p, err := range Newest(t.Context(), albums, id) {
			if err != nil {
				if !errors.Is(err, fs.ErrInvalid) {
					t.Fatalf("%q: %v", id, err)
				}
				continue
			}
			if found, ok := Find(albums, p.ID); last != nil && newestFirst(*last, p) >= 0 || p.ID == id || !ok || found != p {
				t.Fatalf("after %q: %+v, then %+v", id, last, p)
			}
			last = &p
		}
	})
}
