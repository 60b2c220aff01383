package wiring

import (
	"github.com/inceptiond/inceptiond/config"
	"github.com/inceptiond/inceptiond/publish/web"
)

// CheckView is what is wrong with what a camera shows to its model, said as of a file.
func CheckView(camera string, v web.View) (list []web.Problem) {
	c := config.Camera{Region: config.Region(v.Region), Rotate: v.Rotate, Flip: v.Flip, Fit: v.Fit}
	for _, polygon := range v.Mask {
		c.Mask = append(c.Mask, polygon)
	}
	c.Objects = config.UsualObjects()
	if o := v.Objects; o != nil {
		c.Objects = config.Objects{Threshold: o.Threshold, MaxResults: o.MaxResults, Only: words(o.Only)}
	}
	if t := v.Then; t != nil && t.Model != "" {
		c.Then = &config.Then{Labels: words(t.Labels), MaxCrops: t.MaxCrops}
	}
	for _, p := range c.CheckView(config.Key("cameras", camera)) {
		list = append(list, web.Problem(p))
	}
	return list
}

// words are texts as the file has them.
func words(list []string) (w []config.Word) {
	for _, text := range list {
		w = append(w, config.Word(text))
	}
	return w
}
