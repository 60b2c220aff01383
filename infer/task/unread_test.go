package task

import (
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/infer"
)

// TestUnread: whatever the outputs are, all are taken and nothing is found; and nobody can ask for that by its name.
func TestUnread(t *testing.T) {
	u, err := New(make([]infer.TensorSpec, 3), Options{Reading: Reading{Kind: Unread}})
	if err != nil {
		t.Fatal(err)
	}
	found := Findings{Classes: []float32{1}, Objects: make([]Object, 2)}
	if err := u.Decode(&found, make([][]byte, 3)); err != nil || len(found.Classes)+len(found.Objects) > 0 {
		t.Errorf("%+v, %v", found, err)
	}
	if u.Kind() != Unread || !slices.Equal(u.Reads(), []int{0, 1, 2}) {
		t.Errorf("%s reads %v", u.Kind(), u.Reads())
	}
	if _, err := ParseKind(string(Unread)); err == nil {
		t.Error("a configuration can ask for it")
	}
}
