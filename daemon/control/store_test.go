package control

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func open(t *testing.T, path string) *Store {
	t.Helper()
	s, err := OpenStore(path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func set(t *testing.T, s *Store, camera string, k Kind, value, config string) {
	t.Helper()
	if err := s.Set(camera, k, value, config); err != nil {
		t.Fatal(err)
	}
}

func expect(t *testing.T, s *Store, camera string, k Kind, config, want string) {
	t.Helper()
	if got, ok := s.Value(camera, k, config); got != want || ok != (want != "") {
		t.Errorf("%s of %s, config %q: %q, %t; want %q", k, camera, config, got, ok, want)
	}
}

func TestStoreSurvives(t *testing.T) {
	path := filepath.Join(t.TempDir(), "state", "settings.json")
	s := open(t, path)
	if !s.Kept() {
		t.Error("nothing was changed, and it is not kept")
	}
	set(t, s, "drive", Enter, "0.6", "0.5")
	set(t, s, "drive", Paused, On, "")
	set(t, s, "yard", Enter, "0.7", "0.5")
	s = open(t, path) // as after a kill -9
	expect(t, s, "drive", Paused, "", On)
	expect(t, s, "drive", Enter, "0.5", "0.6")
	expect(t, s, "yard", Enter, "0.4", "") // the config was edited
	expect(t, s, "yard", Enter, "0.5", "") // and edited back: the change is forgotten
	expect(t, s, "gone", Enter, "0.5", "")
	set(t, s, "drive", Enter, "0.5", "0.5") // as the config says: no change any more
	s = open(t, path)
	expect(t, s, "drive", Enter, "0.5", "")
	expect(t, s, "drive", Paused, "", On)
	keep := func(cameras ...string) {
		if err := s.Keep(cameras); err != nil {
			t.Error(err)
		}
	}
	keep("yard", "drive")
	if s.Written() != 0 {
		t.Errorf("nothing was dropped, and %d bytes written", s.Written())
	}
	set(t, s, "yard", Enter, "0.7", "0.5")
	expect(t, s, "yard", Enter, "0.4", "")
	keep("yard", "drive")
	s = open(t, path)
	expect(t, s, "yard", Enter, "0.5", "") // edited, restarted, edited back, restarted
	keep("yard")
	expect(t, s, "drive", Paused, "", "")
	s = open(t, path)
	expect(t, s, "drive", Paused, "", "")
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 || s.Written() != 0 {
		t.Errorf("%v, %v; %d written", info.Mode(), err, s.Written())
	}
}

func TestStoreOfRubbish(t *testing.T) {
	for name, text := range map[string]string{
		"empty":            "",
		"no JSON":          "drive: on",
		"another type":     `[]`,
		"another schema":   `{"schema":2,"cameras":{}}`,
		"a wrong value":    `{"schema":1,"cameras":{"drive":{"enter":{"value":"7"}}}}`,
		"a wrong type":     `{"schema":1,"cameras":{"drive":{"enter":0.5}}}`,
		"cut":              `{"schema":1,"cameras":{"drive":{"enter":{"va`,
		"two documents":    `{"schema":1,"cameras":{}} {}`,
		"far too long":     `{"schema":1,"cameras":{}}` + strings.Repeat(" ", maxStore),
		"zeros of a crash": strings.Repeat("\x00", 200),
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), "settings.json")
			if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			s, err := OpenStore(path)
			if err == nil || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), ".unreadable") {
				t.Errorf("error %v", err)
			}
			if aside, err := os.ReadFile(path + ".unreadable"); err != nil || string(aside) != text {
				t.Errorf("set aside: %.99q, %v", aside, err)
			}
			set(t, s, "drive", Paused, On, "")
			expect(t, open(t, path), "drive", Paused, "", On)
		})
	}
}

func TestStoreOfALaterVersion(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	text := `{"schema":1,"extra":1,"cameras":{"drive":{"zoom":{"value":"7"},"classify":{"value":"PRESS"},"paused":{"value":"ON","by":"web"}}}}`
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	s := open(t, path)
	expect(t, s, "drive", Paused, "", On)
	expect(t, s, "drive", Classify, "", "")
}

func TestStoreThatCannotBeWritten(t *testing.T) {
	none := open(t, "")
	set(t, none, "drive", Paused, On, "")
	expect(t, none, "drive", Paused, "", On)
	if none.Kept() || none.Written() != 0 {
		t.Error("kept without a disk")
	}

	dir := t.TempDir()
	path := filepath.Join(dir, "settings.json")
	s := open(t, path)
	if err := os.Mkdir(path+".new", 0o700); err != nil { // in the way of the file, also for root
		t.Fatal(err)
	}
	if err := s.Set("drive", Enter, "0.6", "0.5"); err == nil || s.Kept() {
		t.Errorf("error %v, kept %t", err, s.Kept())
	}
	expect(t, s, "drive", Enter, "0.5", "0.6") // in force all the same
	if err := os.Remove(path + ".new"); err != nil {
		t.Fatal(err)
	}
	if err := s.Write(); err != nil || !s.Kept() || s.Written() == 0 {
		t.Errorf("mended: %v, kept %t, %d bytes", err, s.Kept(), s.Written())
	}
	expect(t, open(t, path), "drive", Enter, "0.5", "0.6")
}

func TestStoreIsNoFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "settings.json")
	if err := os.Mkdir(path, 0o700); err != nil {
		t.Fatal(err)
	}
	s, err := OpenStore(path)
	if err == nil || !strings.Contains(err.Error(), "no regular file") {
		t.Errorf("error %v", err)
	}
	set(t, s, "drive", Paused, On, "")
}

func FuzzStore(f *testing.F) {
	f.Add([]byte(`{"schema":1,"cameras":{"drive":{"enter":{"value":"0.6","config":"0.5"},"paused":{"value":"ON"}}}}`))
	f.Add([]byte(`{"schema":1,"cameras":{"":{"enter":{}}}}`))
	f.Add([]byte("\x00"))
	f.Fuzz(func(t *testing.T, text []byte) {
		cameras, err := parseStore(text)
		if err != nil {
			return
		}
		path := filepath.Join(t.TempDir(), "settings.json")
		s := &Store{path: path, cameras: cameras}
		if err := s.Write(); err != nil {
			t.Fatal(err)
		}
		again := open(t, path)
		for name, changes := range cameras {
			for kind, c := range changes {
				if got := again.cameras[strings.ToValidUTF8(name, "\ufffd")][kind]; got.Value != c.Value {
					t.Errorf("%q %s: %+v became %+v", name, kind, c, got)
				}
			}
		}
	})
}
