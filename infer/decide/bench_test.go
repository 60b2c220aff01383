package decide

import (
	"fmt"
	"testing"
	"time"

	"github.com/inceptiond/inceptiond/infer/task"
)

// large are options with 20 groups of 1001 classes, and the names of those.
func large() (Options, []string) {
	o := usual(of(4, 5))
	o.Groups = map[string][]string{}
	for g := range 20 {
		o.Groups[fmt.Sprintf("group %d", g)] = []string{fmt.Sprintf("%d-%d", 40*g, 40*g+19)}
	}
	classes := make([]string, 1001)
	for i := range classes {
		classes[i] = fmt.Sprintf("class %d", i)
	}
	return o, classes
}

// Whatever happens, a frame allocates nothing, its reason included.
func TestStepAllocatesNothing(t *testing.T) {
	o, classes := large()
	o.Dwell, o.Cooldown = 10*time.Millisecond, 70*time.Millisecond
	d, err := New(o, classes)
	if err != nil {
		t.Fatal(err)
	}
	f := task.Findings{Classes: make([]float32, 1001)}
	var reason []byte
	n, changes := 0, 0
	if allocations := testing.AllocsPerRun(1000, func() {
		clear(f.Classes)
		f.Classes[n/7%len(f.Classes)] = float32(n%100) / 100
		n++
		got, changed := d.Step(time.Duration(n)*time.Millisecond, &f)
		if changed {
			changes++
		}
		reason = got.AppendReason(reason[:0])
	}); allocations != 0 {
		t.Errorf("%v allocations", allocations)
	}
	if changes < 10 {
		t.Errorf("only %d changes", changes)
	}
}

// BenchmarkStep is a frame of a model with 1001 classes, some of them in groups, and its reason. The budget is 0.1 ms.
func BenchmarkStep(b *testing.B) {
	o, classes := large()
	d, err := New(o, classes)
	if err != nil {
		b.Fatal(err)
	}
	f := task.Findings{Classes: make([]float32, 1001)}
	for i := range f.Classes {
		f.Classes[i] = 0.0001 * float32(i%10)
	}
	f.Classes[500] = 0.9
	var reason []byte
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		got, _ := d.Step(time.Duration(i)*time.Millisecond, &f)
		reason = got.AppendReason(reason[:0])
	}
}
