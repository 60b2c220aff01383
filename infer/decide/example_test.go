package decide_test

import (
	"fmt"
	"time"

	"github.com/inceptiond/inceptiond/infer/decide"
	"github.com/inceptiond/inceptiond/infer/task"
)

// Two of two answers must agree: a single wrong one changes nothing.
func Example() {
	d, err := decide.New(decide.Options{
		Enter: 0.5, Leave: 0.35, Margin: 0.1, Need: 2, Window: 2,
		Groups: map[string][]string{"dog": {"*terrier"}},
	}, []string{"border terrier", "yorkshire terrier", "cat"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for i, scores := range [][]float32{{0.4, 0.3, 0.1}, {0.2, 0.6, 0.1}, {0, 0.1, 0.8}, {0.7, 0.1, 0.2}} {
		decision, changed := d.Step(time.Duration(i)*time.Second, &task.Findings{Classes: scores})
		fmt.Printf("%t: %s\n", changed, decision.AppendReason(nil))
	}
	// Output:
	// false: dog 1 of 2, score 0.70, margin 0.60
	// true: dog 2 of 2, score 0.80, margin 0.70
	// false: cat 1 of 2, score 0.80, margin 0.70
	// false: dog 1 of 2, score 0.80, margin 0.60
}
