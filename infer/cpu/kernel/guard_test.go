//go:build linux

package kernel

import (
	"slices"
	"testing"

	"github.com/inceptiond/inceptiond/internal/testing/guard"
)

// cloned is guarded memory with the elements of list.
func cloned[T any](t testing.TB, list []T, atEnd bool) []T {
	t.Helper()
	g := guard.Slice[T](t, len(list), atEnd)
	copy(g, list)
	return g
}

// unchanged fails the test if a kernel wrote to its input.
func unchanged[T comparable](t *testing.T, what string, got, want []T) {
	t.Helper()
	if !slices.Equal(got, want) {
		t.Fatalf("changed its input: %s", what)
	}
}
