package learn

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"
)

func TestProto(t *testing.T) {
	for _, name := range []string{"googlenet_224_uint8", "tf2_mobilenet_v2_1.0_224_ptq", "mobilenet_v2_1.0_224_quant"} {
		b := sharedBase(t, name)
		e := runnerOf(t, b, 2)
		test := folder(t, "clothes/test", 0)
		l, err := newLooker(b, e, Defaults().Preprocess)
		if err != nil {
			t.Fatal(err)
		}
		var feats [][]float32
		for i := range test {
			if _, err := l.open(&test[i]); err != nil {
				t.Fatal(err)
			}
			if err := l.look(context.Background()); err != nil {
				t.Fatal(err)
			}
			f, _ := l.features()
			feats = append(feats, f)
		}
		for _, n := range []int{5, 10, 20} {
			start := time.Now()
			var at time.Time
			tr, err := teach(context.Background(), b, e, folder(t, "clothes/train", n), Defaults(), func(p Progress) {
				if p.Stage == StageFolds && p.Done == 0 {
					at = time.Now()
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			all, head := time.Since(start), time.Since(at)
			right := 0
			for i, f := range feats {
				z := make([]float64, len(tr.classes))
				tr.head.logits(z, f)
				if tr.classes[slices.Index(z, slices.Max(z))] == test[i].Class {
					right++
				}
			}
			taught, err := tr.taught()
			if err != nil {
				t.Fatal(err)
			}
			r := tr.report(taught)
			fmt.Println(name, n, "right", right, "T", tr.temperature, all, head, "cv", r.Right, r.Total, r.Accuracy, r.CalibrationError)
			for _, w := range r.Warnings {
				fmt.Println("   ", w.Kind, w.Text)
			}
		}
	}
}
