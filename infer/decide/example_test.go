package decide_test

import (
	"fmt"
	"time"

	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/task"
)

// Four frames, of which two change what is shown.
func Example() {
	d := decide.New(decide.Options{Threshold: 0.5})
	for i, scores := range [][]float32{{0.9, 0.1}, {0.7, 0.3}, {0.3, 0.4}, {0.2, 0.3}} {
		decision, changed := d.Step(time.Duration(i)*time.Second, &task.Findings{Classes: scores})
		switch {
		case !changed:
			fmt.Println("no change")
		case decision.Found:
			fmt.Printf("class %d with score %.1f\n", decision.Class.Index, decision.Class.Score)
		default:
			fmt.Println("no class since", decision.Since)
		}
	}
	// Output:
	// class 0 with score 0.9
	// no change
	// no class since 2s
	// no change
}
