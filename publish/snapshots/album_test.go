package snapshots

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func TestNames(t *testing.T) {
	d := newDesk(t, Limits{})
	d.now.Time = time.Date(2026, 3, 14, 16, 26, 53, 589_999_999, time.FixedZone("CET", 3600))
	d.n = 1041
	for _, label := range []string{"dog", "", "Cocker Spaniel, English", "../../etc/passwd", "Bär", "151", strings.Repeat("ab ", 20), "-- --", "a\x00b\nc"} {
		d.snap(label, 3)
		d.n--
	}
	const want = "152653.589-1042.jpg 152653.589-151-1042.jpg 152653.589-a-b-c-1042.jpg 152653.589-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-ab-a-1042.jpg " +
		"152653.589-b-r-1042.jpg 152653.589-cocker-spaniel-english-1042.jpg 152653.589-dog-1042.jpg 152653.589-etc-passwd-1042.jpg"
	if got := strings.ReplaceAll(d.tree(), "2026-03-14/", ""); got != want {
		t.Errorf("got\n%s\nwant\n%s", got, want)
	}
	d.same()
	if content, err := os.ReadFile(filepath.Join(d.Folder, "drive/2026-03-14/152653.589-dog-1042.jpg")); err != nil || len(content) != 3 {
		t.Errorf("%q, %v", content, err)
	}
}

// FuzzNames: whatever a picture shows, its name is one of ours; and whatever is one of ours can be told the time of.
func FuzzNames(f *testing.F) {
	f.Add("dog", uint64(1042), int64(1773502013589), "240000.000-1.jpg")
	f.Add("..", uint64(0), int64(-1), "152653.589--1.jpg")
	f.Fuzz(func(t *testing.T, label string, sequence uint64, millis int64, other string) {
		d := snapshot(label, sequence, millis)
		after, ok := isPicture(fileOf(d))
		if !ok || strings.ContainsAny(fileOf(d), "/\\\x00") {
			t.Fatalf("%q is no name of ours", fileOf(d))
		}
		begin, ok := isDay(dayOf(d.Time, true, boot))
		if year := d.Time.Year(); 0 < year && year < 10_000 && (!ok || !begin.Add(after).Equal(d.Time)) {
			t.Fatalf("%v became %v of %v (%v)", d.Time, after, begin, ok)
		}
		if _, ok := isDay(dayOf(d.Time, false, label)); !ok {
			t.Fatalf("%q is no day of ours", dayOf(d.Time, false, label))
		}
		if after, ok := isPicture(other); ok && (after < 0 || after >= 24*time.Hour) {
			t.Fatalf("%q is of %v", other, after)
		}
	})
}

// TestMaxFiles: the oldest goes, and its day with it.
func TestMaxFiles(t *testing.T) {
	d := newDesk(t, Limits{MaxFiles: 3})
	for range 5 {
		if !d.snap("dog", 10) {
			t.Error("not written")
		}
		d.now = d.now.after(8 * time.Hour)
	}
	const want = "2026-03-15/040000.000-dog-3.jpg 2026-03-15/120000.000-dog-4.jpg 2026-03-15/200000.000-dog-5.jpg"
	if got := d.tree(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	d.same()
}

func TestMaxBytes(t *testing.T) {
	d := newDesk(t, Limits{MaxBytes: 100})
	for _, size := range []int{40, 40, 20, 1, 60} {
		d.snap("dog", size)
		d.now = d.now.after(time.Second)
	}
	if got := d.tree(); got != "2026-03-14/120002.000-dog-3.jpg 2026-03-14/120003.000-dog-4.jpg 2026-03-14/120004.000-dog-5.jpg" {
		t.Error(got)
	}
	if d.snap("dog", 101) || d.said("larger than all") != 1 || len(d.pictures) != 3 {
		t.Error("one that is too large took the place of the others")
	}
	if !d.snap("dog", 100) || len(d.pictures) != 1 {
		t.Error("one that fills all did not")
	}
	d.same()
}

// TestMaxAge: also of a camera that sends nothing any more.
func TestMaxAge(t *testing.T) {
	d := newDesk(t, Limits{MaxAge: 24 * time.Hour})
	d.snap("dog", 10)
	d.now = d.now.after(time.Minute)
	d.snap("dog", 10)
	d.now = noon.after(24 * time.Hour)
	if d.tidy(d.now); len(d.pictures) != 2 {
		t.Error("gone too early")
	}
	d.now = noon.after(24*time.Hour + time.Second)
	if d.tidy(d.now); d.tree() != "2026-03-14/120100.000-dog-2.jpg" {
		t.Error(d.tree())
	}
	d.now = noon.after(48 * time.Hour)
	if d.tidy(d.now); d.tree() != "" {
		t.Error(d.tree())
	}
	if entries, err := os.ReadDir(filepath.Join(d.Folder, "drive")); err != nil || len(entries) != 0 {
		t.Errorf("%v left, %v", entries, err)
	}
}

// TestLimitsLowered: what an older config allowed goes at the start.
func TestLimitsLowered(t *testing.T) {
	d := newDesk(t, Limits{})
	for range 50 {
		d.snap("dog", 10)
		d.now = d.now.after(time.Hour)
	}
	for _, c := range []struct {
		Limits
		want int
	}{{Limits{MaxFiles: 20}, 20}, {Limits{MaxBytes: 150}, 15}, {Limits{MaxAge: 10*time.Hour + time.Second}, 10}} {
		c.Folder = d.Folder
		lower := newDesk(t, c.Limits)
		lower.now = d.now
		lower.tidy(lower.now)
		if n := len(lower.pictures); n != c.want || lower.pictures[n-1].name != "130000.000-dog-50.jpg" {
			t.Errorf("%+v: %d pictures", c.Limits, n)
		}
		lower.same()
	}
}

// TestBudget: no more than that in a day, also over restarts; the next day is another.
func TestBudget(t *testing.T) {
	d := newDesk(t, Limits{Budget: 100})
	for i, want := range []bool{true, true, false, true, false, false} {
		if got := d.snap("dog", []int{40, 40, 40, 20, 20, 1}[i]); got != want {
			t.Errorf("picture %d: written %t, want %t", i+1, got, want)
		}
	}
	if d.said("budget") != 1 {
		t.Errorf("said %d times", d.said("budget"))
	}
	again := newDesk(t, d.Limits)
	again.tidy(again.now)
	if again.snap("dog", 1) {
		t.Error("a restart has a budget of its own")
	}
	d.now.Time = time.Date(2026, 3, 14, 23, 59, 59, 999e6, time.UTC)
	if d.snap("dog", 1) {
		t.Error("written before the day is over")
	}
	d.now.Time = time.Date(2026, 3, 15, 0, 0, 0, 0, time.UTC)
	if !d.snap("dog", 100) || d.snap("dog", 1) || d.said("budget") != 2 {
		t.Error("the next day is not another")
	}
	d.same()
}

// TestClockUnset: pictures go into a folder of the boot until the clock is set, with a budget for each day since the boot.
func TestClockUnset(t *testing.T) {
	d := newDesk(t, Limits{MaxAge: 48 * time.Hour, Budget: 30})
	d.now = Moment{Time: time.Unix(60, 0), SinceBoot: time.Minute}
	for i, want := range []bool{true, true, true, false} {
		if got := d.snap("dog", 10); got != want {
			t.Errorf("picture %d: %t", i+1, got)
		}
	}
	if d.now = d.now.after(24 * time.Hour); !d.snap("dog", 10) {
		t.Error("nothing on the second day")
	}
	const folder = "unsynced-" + boot + "/"
	want := folder + "000100.000-dog-1.jpg " + folder + "000100.000-dog-2.jpg " + folder + "000100.000-dog-3.jpg " + folder + "000100.000-dog-5.jpg"
	if got := d.tree(); got != want {
		t.Errorf("got %s\nwant %s", got, want)
	}
	d.now = noon // the clock is set: the pictures are not 56 years old
	d.now.SinceBoot = 25 * time.Hour
	if !d.snap("dog", 10) {
		t.Error("nothing once the clock is set")
	}
	if err := os.Chtimes(filepath.Join(d.Folder, "drive", folder, "000100.000-dog-1.jpg"), time.Time{}, time.Unix(60, 0)); err != nil {
		t.Fatal(err)
	}
	if d.tidy(d.now); len(d.pictures) != 5 {
		t.Errorf("%s", d.tree())
	}
	d.now = d.now.after(24 * time.Hour) // the boot is older than a picture may be, and the file says 1970
	if d.tidy(d.now); strings.Contains(d.tree(), "dog-1.jpg") || len(d.pictures) != 4 {
		t.Errorf("%s", d.tree())
	}
}

// TestClockUnsetLater: after a boot without a clock, what has a date is not judged by it.
func TestClockUnsetLater(t *testing.T) {
	d := newDesk(t, Limits{MaxAge: time.Hour})
	d.snap("dog", 10)
	d.now = Moment{Time: noon.Time.AddDate(50, 0, 0), SinceBoot: time.Minute}
	if d.tidy(d.now); len(d.pictures) != 1 {
		t.Error("deleted by a clock that is not set")
	}
}

// TestFutureDay: of a clock that was wrong, the pictures are the first to go.
func TestFutureDay(t *testing.T) {
	d := newDesk(t, Limits{MaxFiles: 2, MaxAge: time.Hour})
	d.now = noon.after(1000 * 24 * time.Hour)
	d.snap("dog", 10)
	d.now = noon
	d.tidy(d.now)
	d.snap("cat", 10)
	d.now = d.now.after(time.Second)
	d.snap("cow", 10)
	if got := d.tree(); got != "2026-03-14/120000.000-cat-2.jpg 2026-03-14/120001.000-cow-3.jpg" {
		t.Error(got)
	}
}

// TestForeign: nothing is deleted that is not ours by its name, and nothing behind a link.
func TestForeign(t *testing.T) {
	d := newDesk(t, Limits{MaxFiles: 1, MaxBytes: 100, MaxAge: time.Hour})
	foreign := []string{
		"notes.txt", "152653.589-dog-1042.jpg", "2026-03-13/holiday.jpg", "2026-03-13/152653.589-Dog-1042.jpg", "2026-03-13/252653.589-dog-1042.jpg",
		"2026-03-13/152653.589-dog.jpg", "2026-03-13/152653.589-dog-1042.jpg.bak", "2026-03-13/x152653.589-dog-1042.jpg", "2026-02-30/152653.589-dog-1042.jpg",
		"2026-3-13/152653.589-dog-1042.jpg", "2026-03-13/album/152653.589-dog-1042.jpg", "unsynced-/152653.589-dog-1042.jpg", "yesterday/152653.589-dog-1042.jpg",
		"2026-03-12/152653.589-dog-7.jpg/inside", // a folder with such a name
	}
	for _, name := range foreign {
		d.put(name, "not ours")
	}
	elsewhere := t.TempDir()
	target := filepath.Join(elsewhere, "152653.589-dog-1042.jpg")
	if err := os.WriteFile(target, []byte("precious"), 0o644); err != nil {
		t.Fatal(err)
	}
	camera := filepath.Join(d.Folder, "drive")
	for link, to := range map[string]string{"2026-03-11": elsewhere, "2026-03-13/152653.589-dog-9.jpg": target, "2026-03-13/152653.589-dog-9.jpg.part": target} {
		if err := os.Symlink(to, filepath.Join(camera, link)); err != nil {
			t.Fatal(err)
		}
		foreign = append(foreign, link)
	}
	d.put("2026-03-13/152653.589-dog-1042.jpg", "ours, and old")
	d.put("2026-03-13/152653.589-dog-1043.jpg.part", "ours, and not whole")
	d.put("2026-03-14/115900.000-1.jpg", "")
	for range 3 {
		d.now = d.now.after(time.Minute)
		d.tidy(d.now)
		d.snap("dog", 60)
	}
	for _, name := range foreign {
		if _, err := os.Lstat(filepath.Join(camera, name)); err != nil {
			t.Error(err)
		}
	}
	if content, err := os.ReadFile(target); string(content) != "precious" {
		t.Errorf("behind a link: %q, %v", content, err)
	}
	if got := d.tree(); strings.Contains(got, "2026-03-13/152653.589-dog-1042.jpg ") || strings.Contains(got, "1043") || strings.Contains(got, "115900") {
		t.Errorf("ours is still there: %s", got)
	}
	if len(d.pictures) != 1 {
		t.Errorf("%d pictures", len(d.pictures))
	}
}

// TestLinkedFolders: nothing is written through a link below the folder either, and the folder itself may be one.
func TestLinkedFolders(t *testing.T) {
	for _, link := range []string{"drive", "drive/2026-03-14"} {
		d := newDesk(t, Limits{MaxFiles: 1})
		elsewhere := t.TempDir()
		path := filepath.Join(d.Folder, link)
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(elsewhere, path); err != nil {
			t.Fatal(err)
		}
		if d.snap("dog", 10) || tree(t, elsewhere) != "" || d.said("cannot be kept") != 1 {
			t.Errorf("%s: written through a link: %q", link, tree(t, elsewhere))
		}
	}
	folder := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(t.TempDir(), folder); err != nil {
		t.Fatal(err)
	}
	if d := newDesk(t, Limits{Folder: folder}); !d.snap("dog", 10) {
		t.Error("the folder of the config may be a link")
	}
}

// TestTrouble: a full disk is said once, tried each minute, and said when it is over.
func TestTrouble(t *testing.T) {
	d := newDesk(t, Limits{Budget: 1000})
	writes, full := 0, true
	d.write = func(dir *os.Root, name string, data []byte) error {
		if writes++; full {
			return &os.PathError{Op: "write", Path: name, Err: syscall.ENOSPC}
		}
		return writeFile(dir, name, data)
	}
	for range 119 { // seconds
		d.snap("dog", 10)
		d.now = d.now.after(time.Second)
	}
	if writes != 2 || d.said("cannot be kept") != 1 {
		t.Errorf("%d writes, said %d times", writes, d.said("cannot be kept"))
	}
	full = false
	for range 3 {
		d.snap("dog", 10)
		d.now = d.now.after(time.Second)
	}
	again := d.logs.FilterMessageSnippet("again").All()
	if len(again) != 2 || again[1].ContextMap()["missed"] != int64(120) || len(d.pictures) != 2 {
		t.Errorf("%v, %d pictures", again, len(d.pictures))
	}
	d.same()
}

// TestDeletedByOthers: the list follows the disk.
func TestDeletedByOthers(t *testing.T) {
	d := newDesk(t, Limits{MaxFiles: 3})
	for range 3 {
		d.snap("dog", 10)
	}
	if err := os.RemoveAll(filepath.Join(d.Folder, "drive")); err != nil {
		t.Fatal(err)
	}
	if !d.snap("dog", 10) || len(d.pictures) != 3 {
		t.Errorf("%d pictures", len(d.pictures))
	}
	d.tidy(d.now)
	d.same()
	if err := os.RemoveAll(d.Folder); err != nil {
		t.Fatal(err)
	}
	if d.tidy(d.now); len(d.pictures) != 0 || d.bytes != 0 || d.trouble {
		t.Errorf("%+v", d.album)
	}
	if !d.snap("dog", 10) {
		t.Error("the folder is not made again")
	}
}

// TestSameFrame: a picture of the same frame and label takes the place of the first.
func TestSameFrame(t *testing.T) {
	d := newDesk(t, Limits{MaxBytes: 100})
	d.snap("dog", 10)
	d.n--
	d.snap("dog", 30)
	if len(d.pictures) != 1 || d.bytes != 30 {
		t.Errorf("%v, %d bytes", d.pictures, d.bytes)
	}
	d.same()
}

func TestModes(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	d := newDesk(t, Limits{Folder: filepath.Join(t.TempDir(), "a", "b")})
	d.snap("dog", 10)
	for path, want := range map[string]os.FileMode{
		"": 0o750, "drive": 0o750, "drive/2026-03-14": 0o750, "drive/2026-03-14/120000.000-dog-1.jpg": 0o640,
	} {
		info, err := os.Stat(filepath.Join(d.Folder, path))
		if err != nil || info.Mode().Perm() != want {
			t.Errorf("%s: %v, %v", path, info.Mode(), err)
		}
	}
}

// TestNotWritable: trouble with permissions is said, with the folder, and is no end.
func TestNotWritable(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	d := newDesk(t, Limits{Folder: file})
	if d.snap("dog", 10) || d.said("cannot be kept") != 1 {
		t.Error("not said")
	}
	entry := d.logs.All()[0]
	if got := fmt.Sprint(entry.ContextMap()); !strings.Contains(got, "not a directory") || !strings.Contains(got, file) {
		t.Error(got)
	}
	if err := os.Remove(file); err != nil {
		t.Fatal(err)
	}
	if d.now = d.now.after(time.Minute); !d.snap("dog", 10) {
		t.Error("not tried again")
	}
}
