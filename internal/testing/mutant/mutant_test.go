package mutant

import (
	"bytes"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer/demomodel"
	"github.com/inceptiond/inceptiond/infer/model"
)

// A number makes the same mutant whenever it is asked for; many can be read, nearly none is the file itself, and that stays as it was.
func TestMutate(t *testing.T) {
	sound := demomodel.Model()
	s, err := New(slices.Clone(sound))
	if err != nil {
		t.Fatal(err)
	}
	const n = 500
	read, same := 0, 0
	var first [n][]byte
	for round := range 2 {
		for i := range first {
			s.Mutate(rand.New(rand.NewPCG(1, uint64(i))), func(data []byte) {
				if round > 0 {
					if !bytes.Equal(data, first[i]) {
						t.Errorf("mutant %d is another one", i)
					}
					return
				}
				first[i] = slices.Clone(data)
				if bytes.Equal(data, sound) {
					same++
				}
				if _, err := model.Parse(data, model.Limits{}); err == nil {
					read++
				}
			})
		}
	}
	if !bytes.Equal(s.data, sound) {
		t.Error("the file has changed")
	}
	if t.Logf("%d of %d can be read, %d are the file", read, n, same); read < n/5 || same > n/10 {
		t.Error("they are no good mutants")
	}
	if _, err := New([]byte("no model")); err == nil {
		t.Error("mutants of nothing")
	}
}
