package schema

import (
	"os"
	"testing"
)

// What the daemon hands out is what lies here.
func TestOpenAPIIsEmbedded(t *testing.T) {
	want, err := os.ReadFile("openapi.json")
	if err != nil {
		t.Fatal(err)
	}
	if got, err := OpenAPI(); err != nil || string(got) != string(want) {
		t.Errorf("the program has another openapi.json (%v): run make generate", err)
	}
}
