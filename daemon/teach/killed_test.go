package teach

import (
	"crypto/sha256"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer/learn/store"
)

// Whenever a training is killed, the version in use stays whole, and a version that is there is.
func TestKilledTraining(t *testing.T) {
	of := teacher(t, "train")
	n := gate(t, of, 5)
	first, err := of.Train(t.Context(), n, TrainOptions{Variants: 1}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := of.Use(n, first.ID, false); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	if _, err := of.TrainApart(t.Context(), n, TrainOptions{Variants: 2}, nil); err != nil {
		t.Fatal(err)
	}
	usual := time.Since(begin)
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 30 {
		// Each time something else is trained, so that there is a version to write.
		added, err := of.AddFiles(t.Context(), n, Place{store.Pictures, "rings"}, []string{drawn(t, "rings", 6+i)}, nil)
		if err != nil || added.Fresh == 0 {
			t.Fatalf("%+v, %v", added, err)
		}
		killed(t, of, n, time.Duration(random.Float64()*1.2*float64(usual)))
		whole(t, of, first.ID)
	}
}

// killed begins a training, and kills it after a while.
func killed(t *testing.T, of *Teacher, n *store.Name, after time.Duration) {
	t.Helper()
	args := append(of.options.Child[1:], n.Name(), "--variants", "2")
	cmd := exec.Command(of.options.Child[0], args...)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	time.Sleep(after) // any moment will do
	_ = cmd.Process.Kill()
	_ = cmd.Wait() // it was killed, or had ended
}

// whole makes sure that the store opens, that the version current is in use, and that all versions are whole.
func whole(t *testing.T, of *Teacher, current string) {
	t.Helper()
	n, err := of.Name("gate")
	if err != nil {
		t.Fatal(err)
	}
	if v, used := n.Current(); !used || v.ID != current {
		t.Fatalf("version %q is in use (%v), want %q", v.ID, used, current)
	}
	list, err := n.Versions()
	if err != nil || len(list) == 0 {
		t.Fatalf("%d versions, %v", len(list), err)
	}
	for _, v := range list {
		data, err := v.Read(store.ModelFile)
		if sum := fmt.Sprintf("%x", sha256.Sum256(data)); err != nil || sum[:len(v.ID)] != v.ID {
			t.Fatalf("version %s has a model with the sum %s, %v", v.ID, sum, err)
		}
		if r, err := ReadReport(v); err != nil || r.SHA256[:len(v.ID)] != v.ID {
			t.Fatalf("version %s: report of %s, %v", v.ID, r.SHA256, err)
		}
	}
}
