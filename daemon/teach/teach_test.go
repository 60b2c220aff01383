package teach

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer/engines"
	"github.com/inceptiond/inceptiond/infer/learn"
	"github.com/inceptiond/inceptiond/infer/learn/store"
	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
	"github.com/inceptiond/inceptiond/internal/testing/edgetpu"
	"github.com/inceptiond/inceptiond/internal/testing/taught"
)

// The test binary is also the child that trains: child FOLDER HOW NAME --variants K.
func TestMain(m *testing.M) {
	if len(os.Args) > 4 && os.Args[1] == "child" {
		os.Exit(child(os.Args[2], os.Args[3], os.Args[4:]))
	}
	os.Exit(m.Run())
}

func child(folder, how string, args []string) int {
	ctx, stop := signal.NotifyContext(context.Background(), syscall.SIGTERM)
	defer stop()
	switch how {
	case "rubbish":
		fmt.Println("not a line of JSON")
		select {}
	case "crash":
		fmt.Fprintln(os.Stderr, "out of luck")
		return 3
	case "hang":
		fmt.Printf(`{"progress":{"Stage":"pictures","Done":1,"Total":2}}` + "\n")
		select {}
	case "nice":
		nice, err := syscall.Getpriority(syscall.PRIO_PROCESS, 0) // 20 less the niceness
		fmt.Printf(`{"failed":"nice %d %v"}`+"\n", 20-nice, err)
		return 0
	}
	variants, _ := strconv.Atoi(args[2])
	t := New(Options{Folder: folder, Program: "test", Threads: 1})
	if err := t.Serve(ctx, args[0], TrainOptions{Variants: variants}, os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// teacher is one whose store is empty; its child does what how says.
func teacher(t testing.TB, how string) *Teacher {
	t.Helper()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(t.TempDir(), "teach")
	return New(Options{Folder: folder, Program: "test", Threads: 1, Child: []string{program, "child", folder, how}})
}

// drawing is a picture of a class: stripes or rings, of some colour.
func drawing(class string, i int) []byte {
	m := image.NewRGBA(image.Rect(0, 0, 64, 64))
	for y := range 64 {
		for x := range 64 {
			on := (x+i)/8%2 == 0
			if class == "rings" {
				dx, dy := x-32, y-32-i
				on = (dx*dx+dy*dy)/128%2 == 0
			}
			if on {
				m.Set(x, y, color.RGBA{uint8(40 * i), 200, uint8(255 - 30*i), 255})
			}
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, m); err != nil {
		panic(err)
	}
	return b.Bytes()
}

// drawn writes n pictures of a class into a folder of its own.
func drawn(t testing.TB, class string, n int) string {
	t.Helper()
	folder := filepath.Join(t.TempDir(), class)
	if err := os.Mkdir(folder, 0o755); err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := os.WriteFile(filepath.Join(folder, fmt.Sprintf("%d.png", i)), drawing(class, i), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// baseFile is the file of a small network that can be taught.
func baseFile(t testing.TB) string {
	t.Helper()
	data, err := write.Model(taught.Base(model.Uint8))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "base.tflite")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestFindBaseRefuses(t *testing.T) {
	if _, err := FindBase(engines.Options{File: "builtin:demo"}); err == nil || !strings.Contains(err.Error(), "pull:tf2_mobilenet_v2_1.0_224_ptq") {
		t.Errorf("%v", err)
	}
}

// gate is a name that is taught on a small model, with n pictures of each of two classes.
func gate(t testing.TB, of *Teacher, n int) *store.Name {
	t.Helper()
	b, err := FindBase(engines.Options{File: baseFile(t)})
	if err != nil {
		t.Fatal(err)
	}
	name, err := of.New("gate", b)
	if err != nil {
		t.Fatal(err)
	}
	for _, class := range []string{"stripes", "rings"} {
		if n == 0 {
			break
		}
		a, err := of.AddFiles(t.Context(), name, Place{store.Pictures, class}, []string{drawn(t, class, n)}, nil)
		if err != nil || a.Fresh != n || len(a.Failed) > 0 {
			t.Fatalf("%s: %+v, %v", class, a, err)
		}
	}
	return name
}

func TestTrainApart(t *testing.T) {
	of := teacher(t, "train")
	n := gate(t, of, 5)
	var stages []string
	made, err := of.TrainApart(t.Context(), n, TrainOptions{Variants: 1}, func(p learn.Progress) {
		if p.Done < 0 || p.Done > p.Total {
			t.Errorf("%+v", p)
		}
		if len(stages) == 0 || stages[len(stages)-1] != p.Stage {
			stages = append(stages, p.Stage)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
	if want := []string{learn.StagePictures, learn.StageFolds, learn.StageHead, learn.StageModel}; !slices.Equal(stages, want) {
		t.Errorf("stages %q, want %q", stages, want)
	}
	here, err := of.Train(t.Context(), n, TrainOptions{Variants: 1}, nil)
	if err != nil || here.ID != made.ID {
		t.Errorf("in this process: version %s, %v; in another: %s", here.ID, err, made.ID)
	}
	if _, in := n.Current(); in {
		t.Error("it is used without being asked")
	}
	v, err := of.Use(n, "", false)
	if err != nil || v.ID != made.ID {
		t.Fatalf("%+v, %v", v, err)
	}
	r, err := ReadReport(v)
	if err != nil || r.Total == 0 || len(r.Classes) != 2 || r.SHA256[:12] != v.ID {
		t.Errorf("%+v, %v", r, err)
	}
	s, err := Look(n)
	if err != nil || s.Current == nil || s.Current.ID != v.ID || s.Newest != nil || len(s.Classes) != 2 || s.Classes[0].Label != "rings" || s.Classes[0].More != 5 {
		t.Errorf("%+v, %v", s, err)
	}
}

// What goes wrong with the child is said, and nothing of it stays.
func TestTrainApartFaults(t *testing.T) {
	for how, want := range map[string]string{
		"rubbish": `prints what nobody can read: "not a line of JSON"`,
		"crash":   "ended early: exit status 3: out of luck",
		"nice":    "nice 10 <nil>",
	} {
		of := teacher(t, how)
		if _, err := of.TrainApart(t.Context(), gate(t, of, 0), TrainOptions{}, nil); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", how, err, want)
		}
	}
	of := teacher(t, "train")
	n := gate(t, of, 2)
	refusal := new(learn.Refusal)
	if _, err := of.TrainApart(t.Context(), n, TrainOptions{}, nil); !errors.As(err, &refusal) || len(refusal.Reasons) == 0 {
		t.Errorf("too few pictures: %v", err)
	}
	of = teacher(t, "hang")
	ctx, cancel := context.WithCancel(t.Context())
	if _, err := of.TrainApart(ctx, gate(t, of, 0), TrainOptions{}, func(learn.Progress) { cancel() }); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}

func TestOneTrainingAtATime(t *testing.T) {
	of := teacher(t, "train")
	n := gate(t, of, 5)
	leave, err := of.enter()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := of.Train(t.Context(), n, TrainOptions{}, nil); !errors.Is(err, ErrTraining) {
		t.Errorf("here: %v", err)
	}
	if _, err := of.TrainApart(t.Context(), n, TrainOptions{}, nil); !errors.Is(err, ErrTraining) {
		t.Errorf("apart: %v", err)
	}
	leave()
	if leave, err = of.enter(); err != nil {
		t.Fatal(err)
	}
	leave()
}

func TestAddFiles(t *testing.T) {
	of := teacher(t, "train")
	n := gate(t, of, 0)
	folder, empty := drawn(t, "rings", 2), t.TempDir()
	bad := filepath.Join(t.TempDir(), "bad.jpg")
	if err := os.WriteFile(bad, []byte("no picture"), 0o644); err != nil {
		t.Fatal(err)
	}
	a, err := of.AddFiles(t.Context(), n, Place{store.Pictures, "rings"}, []string{folder, filepath.Join(folder, "0.png"), bad, empty, "/nowhere.jpg"}, nil)
	if err != nil || a.Fresh != 2 || a.Known != 1 || len(a.Failed) != 3 {
		t.Fatalf("%+v, %v", a, err)
	}
	for i, want := range []string{"there is no picture in this folder", "no such file", ""} {
		if got := a.Failed[i].Reason; !strings.Contains(got, want) || strings.Contains(got, a.Failed[i].File) || got == "" {
			t.Errorf("%s: %q, want %q", a.Failed[i].File, got, want)
		}
	}
	if a, err := of.AddFiles(t.Context(), n, Place{store.Held, "rings"}, []string{folder}, nil); err != nil || len(a.Failed) != 2 {
		t.Errorf("taught and held out: %+v, %v", a, err)
	}
}

func TestBaseThatChanges(t *testing.T) {
	of := teacher(t, "train")
	n := gate(t, of, 5)
	b, err := n.Base()
	if err != nil {
		t.Fatal(err)
	}
	b.SHA256 = strings.Repeat("0", 64)
	if err := n.SetBase(b); err != nil {
		t.Fatal(err)
	}
	set, _, err := pictures(n, store.Pictures)
	if err != nil {
		t.Fatal(err)
	}
	changed := new(ChangedError)
	if _, err := of.Embed(t.Context(), n, set); !errors.As(err, &changed) {
		t.Errorf("%v", err)
	}
	if _, err := of.Train(t.Context(), n, TrainOptions{Variants: -1}, nil); err != nil {
		t.Fatal(err)
	}
	if list, err := of.Embed(t.Context(), n, set); err != nil || len(list) != len(set) {
		t.Errorf("after a training: %d, %v", len(list), err)
	}
}

// TestBaseThatIsGone: the message says where to mend it, and what is there stays.
func TestBaseThatIsGone(t *testing.T) {
	of := teacher(t, "train")
	n := gate(t, of, 3)
	b, err := n.Base()
	if err != nil {
		t.Fatal(err)
	}
	cut := filepath.Join(t.TempDir(), "cut.tflite")
	data, err := os.ReadFile(b.File)
	if err == nil {
		err = os.WriteFile(cut, data[:len(data)/2], 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range []string{filepath.Join(t.TempDir(), "gone.tflite"), cut} {
		b.File = file
		if err := n.SetBase(b); err != nil {
			t.Fatal(err)
		}
		_, trained := of.Train(t.Context(), n, TrainOptions{Variants: -1}, nil)
		_, added := of.AddFiles(t.Context(), n, Place{store.Pictures, "rings"}, []string{drawn(t, "rings", 4)}, nil)
		_, extracted := of.Extractor(n)
		for _, err := range []error{trained, added, extracted} {
			if err == nil || !strings.Contains(err.Error(), "put that file back, or name another one in "+filepath.Join(n.Path(), "base.json")) {
				t.Errorf("%s: %v", filepath.Base(file), err)
			}
		}
	}
}

// TestForgottenWhileTrained: no version has learned a class that was forgotten while it was trained.
func TestForgottenWhileTrained(t *testing.T) {
	of := teacher(t, "train")
	n := gate(t, of, 3)
	forgot := false
	_, err := of.Train(t.Context(), n, TrainOptions{Variants: -1}, func(p learn.Progress) {
		if p.Stage == learn.StageModel && !forgot {
			forgot = true
			if _, err := n.Forget("rings"); err != nil {
				t.Error(err)
			}
		}
	})
	if list, _ := n.Versions(); !errors.Is(err, store.ErrGone) || len(list) != 0 {
		t.Errorf("error %v, want ErrGone; versions %v", err, list)
	}
}

func TestGroups(t *testing.T) {
	at := func(s int) store.Note { return store.Note{Camera: "a", Time: time.Unix(1000+int64(s), 0)} }
	list := []store.Picture{
		{ID: "4", Class: "x", Note: at(300)}, {ID: "2", Class: "x", Note: at(50)}, {ID: "1", Class: "x", Note: at(0)},
		{ID: "3", Class: "x", Note: at(110)}, {ID: "5", Class: "y", Note: at(20)}, {ID: "6", Class: "x"}, {ID: "7", Class: "x"},
		{ID: "8", Class: "x", Note: store.Note{Camera: "b", Time: time.Unix(1000, 0)}},
		{ID: "9", Note: store.Note{Camera: "a", Label: "y", Time: time.Unix(1090, 0)}}, // it waits for a label
	}
	want := map[string]string{"1": "1", "2": "1", "3": "3", "4": "4", "5": "5", "6": "6", "7": "7", "8": "8", "9": "9"}
	got := Groups(list)
	for id := range want {
		if got[id] != want[id] {
			t.Errorf("%s belongs to %s, want %s", id, got[id], want[id])
		}
	}
}

func TestMissing(t *testing.T) {
	for n, want := range map[int]int{0: 3, 2: 1, 3: 2, 5: 5, 9: 1, 10: 10, 19: 1, 20: 0, 200: 0} {
		if got := missing(n, store.Classes); got != want {
			t.Errorf("%d: %d, want %d", n, got, want)
		}
	}
	for n, want := range map[int]int{0: 3, 1: 2, 3: 2, 5: 0, 9: 0} {
		if got := missing(n, store.People); got != want {
			t.Errorf("of people, %d: %d, want %d", n, got, want)
		}
	}
}

func TestWithoutFolder(t *testing.T) {
	if err := New(Options{}).Check(); err == nil {
		t.Error("no error")
	}
}

// TestOntoEdgeTPU puts what was taught behind what might have been compiled of the extractor.
func TestOntoEdgeTPU(t *testing.T) {
	of := teacher(t, "train")
	n := gate(t, of, 5)
	extractor, err := of.Extractor(n)
	if err != nil {
		t.Fatal(err)
	}
	compiled := edgetpu.Compile(t, extractor)
	if _, err := of.OntoEdgeTPU(n, compiled); err == nil || !strings.Contains(err.Error(), "`inceptiond teach train gate`") {
		t.Errorf("nothing is taught: %v", err)
	}
	if _, err := of.Train(t.Context(), n, TrainOptions{Variants: 1}, nil); err != nil {
		t.Fatal(err)
	}
	if _, err := of.Use(n, "", false); err != nil {
		t.Fatal(err)
	}
	file, err := of.OntoEdgeTPU(n, compiled)
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.Parse(file, model.Limits{})
	if err != nil || !m.ForEdgeTPU() || len(m.Outputs) != 3 {
		t.Fatalf("%+v: %v", m, err)
	}
	if about, err := model.ReadMetadata(file); err != nil || string(about.Labels) == "" {
		t.Errorf("labels %q: %v", about.Labels, err)
	}
	if _, err := of.OntoEdgeTPU(n, extractor); err == nil || !strings.Contains(err.Error(), "was not compiled for an Edge TPU") {
		t.Errorf("not compiled: %v", err)
	}
}
