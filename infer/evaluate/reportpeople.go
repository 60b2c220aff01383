package evaluate

// People are the figures of a model that gives embeddings, of pictures in a folder for each person. Two pictures are said to show the
// same person if they are not farther apart than the threshold; see task.Apart.
type People struct {
	People       int            `json:"people"`
	Same         int            `json:"same_pairs"`
	Different    int            `json:"different_pairs"`
	Left         int            `json:"left_out,omitempty"` // pictures: more than can be compared with each other
	MaxDistance  float64        `json:"max_distance"`
	FalseAccept  Share          `json:"false_accept"`          // of different pairs, those that are said to be the same
	FalseReject  Share          `json:"false_reject"`          // of the same, those that are not
	EqualError   *AtDistance    `json:"equal_error,omitempty"` // where both are as frequent
	Suggested    *AtDistance    `json:"suggested,omitempty"`   // the greatest with at most 1 % false accepts
	AUROC        float64        `json:"auroc"`
	Verification *Verification  `json:"verification,omitempty"`
	Recognition  Recognition    `json:"recognition"`
	Bins         []DistanceBin  `json:"distances"`
	ByDistance   []AtDistance   `json:"by_distance"`
	ByPerson     []PersonFigure `json:"by_person"`
	Closest      []FacePair     `json:"closest_different"`
	Farthest     []FacePair     `json:"farthest_same"`
}

// AtDistance is what is said of pairs if that is the most that two pictures of one person are apart.
type AtDistance struct {
	Distance    float64 `json:"distance"`
	FalseAccept float64 `json:"false_accept"` // a share
	FalseReject float64 `json:"false_reject"`
}

// Verification is the accuracy on pairs as Labeled Faces in the Wild measures it: the threshold for each tenth of the people is the
// best of the other nine tenths. Same and different pairs have the same weight.
type Verification struct {
	Folds     int     `json:"folds"`
	Accuracy  float64 `json:"accuracy"`  // mean over the folds
	Deviation float64 `json:"deviation"` // of that mean: the standard error
}

// Recognition is what a camera would say of each picture if the others were those that it was shown: whose mean is nearest, if that is
// near enough.
type Recognition struct {
	Right   Share `json:"right"` // of pictures of people who have others
	Wrong   int   `json:"wrong"`
	Nobody  int   `json:"nobody"`  // it is said to be nobody who is known
	Unknown Share `json:"unknown"` // of pictures of nobody who is known, those that are said to be that
}

// DistanceBin counts the pairs whose distance lies between two numbers.
type DistanceBin struct {
	Low       float64 `json:"low"`
	Same      int     `json:"same"`
	Different int     `json:"different"`
}

// PersonFigure is the figures of one person.
type PersonFigure struct {
	Name     string `json:"person"`
	Pictures int    `json:"pictures"`
	Right    Share  `json:"right"`
	TakenFor string `json:"taken_for"` // whom their pictures are taken for most often, if for anybody; else empty
}

// FacePair is two pictures.
type FacePair struct {
	First    FacePicture `json:"first"`
	Second   FacePicture `json:"second"`
	Distance float64     `json:"distance"`

	rank float64
}

// FacePicture is one of them.
type FacePicture struct {
	Picture string `json:"picture"`
	Person  string `json:"person"`

	read func() ([]byte, error)
}

// Distances is how the embeddings of two subjects compare.
type Distances struct {
	// Mean and Max are how far apart the two embeddings of a picture are; absent of other networks, whose numbers mean other things.
	Mean *float64 `json:"mean,omitempty"`
	Max  *float64 `json:"max,omitempty"`
	// Pairs are those of which both say the same: that they show one person, or two.
	Pairs Share `json:"pairs"`
}
