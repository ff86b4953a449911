package secrets

type Detector struct{}
type Secret struct {
	Rule, What string
	Start, End int
}

func New() (*Detector, error)          { return &Detector{}, nil }
func (*Detector) Find(string) []Secret { return nil }
