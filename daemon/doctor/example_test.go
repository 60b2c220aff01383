package doctor_test

import (
	"context"
	"fmt"

	"github.com/inceptiond/inceptiond/daemon/doctor"
)

// A check of one's own among others: what it finds, and how to mend that.
func ExampleCheck() {
	lens := doctor.Check{Area: "camera", Name: "lens", Run: func(context.Context) []doctor.Finding {
		return []doctor.Finding{
			{State: doctor.OK, Found: "in focus"},
			{Check: "cover", State: doctor.Fault, Found: "the cover is on", Fix: "take it off"},
		}
	}}
	worst := doctor.Run(context.Background(), []doctor.Check{lens}, func(f doctor.Finding) {
		fmt.Printf("%s %s: %s, %s\n", f.Area, f.Check, f.State, f.Found)
		if f.Fix != "" {
			fmt.Println("  ->", f.Fix)
		}
	})
	fmt.Println("the worst:", worst)
	// Output:
	// camera lens: ok, in focus
	// camera cover: fault, the cover is on
	//   -> take it off
	// the worst: fault
}
