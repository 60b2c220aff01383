package lessons

import (
	"cmp"

	"github.com/inceptiond/inceptiond/daemon/teach"
	"github.com/inceptiond/inceptiond/infer/learn"
	"github.com/inceptiond/inceptiond/internal/order"
	"github.com/inceptiond/inceptiond/publish/web"
)

// lessonOf is what the page shows of a name.
func lessonOf(s *teach.State) web.Lesson {
	is := web.Lesson{
		Name: s.Name, Kind: web.LessonKind(cmp.Or(s.Base.Kind, "classes")), Base: web.Base{Model: s.Base.Name, File: s.Base.File, Camera: s.Base.Camera}, Inbox: s.Inbox, Normal: s.Normal,
		Current: versionOf(s.Current), Previous: versionOf(s.Previous), Newest: versionOf(s.Newest),
	}
	for _, c := range s.Classes {
		is.Classes = append(is.Classes, web.LessonClass(c))
		is.Held += c.Held
		is.More += c.More
	}
	if len(s.Skipped) > 0 {
		is.Problem = s.Skipped[0].File + " is no picture that can be taught: " + s.Skipped[0].Reason
	}
	return is
}

// versionOf is what the page shows of a version; nil of none.
func versionOf(v *teach.Version) *web.Version {
	if v == nil {
		return nil
	}
	is := &web.Version{ID: v.ID, Time: v.Made}
	if v.Broken != nil {
		is.Warnings = []web.TeachWarning{{Kind: "report", Text: v.Broken.Error()}}
		return is
	}
	r := &v.Report
	is.Accuracy = web.Accuracy{Right: r.Right, Total: r.Total, Low: r.Accuracy.Low, High: r.Accuracy.High}
	for _, c := range r.Classes {
		is.Classes = append(is.Classes, c.Label)
		is.Pictures += c.Used
	}
	is.Mistakes = mistakes(r)
	for _, w := range r.Warnings {
		is.Warnings = append(is.Warnings, web.TeachWarning(w))
	}
	return is
}

// mistakes are classes that were taken for others, most first.
func mistakes(r *learn.Report) (list []web.Mistake) {
	at := map[[2]string]int{}
	for _, a := range r.Answers {
		if !a.Counted || a.Said == a.Class {
			continue
		}
		key := [2]string{a.Class, a.Said}
		i, there := at[key]
		if !there {
			i = len(list)
			at[key] = i
			list = append(list, web.Mistake{Class: a.Class, Answer: a.Said})
		}
		list[i].Count++
		list[i].Pictures = append(list[i].Pictures, a.Picture)
	}
	order.Stable(list, func(a, b web.Mistake) int { return cmp.Compare(b.Count, a.Count) })
	return list
}
