package quantize

import (
	"strings"
	"testing"
)

// TestWarnAgreement has it told how many sure answers are lost, and what to take instead.
func TestWarnAgreement(t *testing.T) {
	for _, c := range []struct {
		uint8           bool
		all, sure, same int
		says, better    string
	}{
		{true, 56, 38, 36, "94.7 % (36 of 38)", "int8"},
		{false, 56, 38, 36, "94.7 % (36 of 38)", "the float model"},
		{true, 100, 100, 98, "", ""},
		{true, 100, 0, 0, "", ""},
	} {
		j := &job{o: Options{Uint8: c.uint8}}
		j.report.Outputs = []Output{{kind: scoresOfClasses, Rows: c.all, Sure: c.sure, SureSame: c.same}}
		j.warnAgreement()
		got := strings.Join(j.report.Warnings, "\n")
		if (got == "") != (c.says == "") || !strings.Contains(got, c.says) || !strings.Contains(got, c.better) {
			t.Errorf("%+v: %q", c, got)
		}
	}
}
