package model_test

import (
	"testing"

	"github.com/inceptiond/inceptiond/infer/model"
	"github.com/inceptiond/inceptiond/infer/model/write"
)

func written(t testing.TB, m *model.Model) []byte {
	t.Helper()
	data, err := write.Model(m)
	if err != nil {
		t.Fatal(err)
	}
	return data
}

func parse(t testing.TB, data []byte) *model.Model {
	t.Helper()
	m, err := model.Parse(data, model.Limits{})
	if err != nil {
		t.Fatal(err)
	}
	return m
}

// withoutFile forgets what depends on the bytes of the file.
func withoutFile(m *model.Model) *model.Model {
	c := *m
	c.Size, c.SHA256 = 0, ""
	return &c
}
