package cli

import (
	"cmp"
	"errors"

	"github.com/promptflag/promptflag/action/internal/github"
)

// errNoToken: GitHub cannot be asked.
var errNoToken = errors.New("GITHUB_REPOSITORY and GITHUB_TOKEN are needed to ask GitHub: give the action its token input")

// gitHubToken is the one that somebody set, else the one that the workflow has.
func (s *session) gitHubToken() string {
	return cmp.Or(s.Getenv("GITHUB_TOKEN"), s.Getenv("INPUT_TOKEN"))
}

// github is GitHub as this run may use it.
func (s *session) github() (*github.Client, error) {
	token, repository := s.gitHubToken(), s.Getenv("GITHUB_REPOSITORY")
	if token == "" || repository == "" {
		return nil, errNoToken
	}
	return github.NewClient(github.ClientOptions{
		APIURL: s.Getenv("GITHUB_API_URL"), ServerURL: s.Getenv("GITHUB_SERVER_URL"), Token: token, Repository: repository, Now: s.Now,
	})
}

// hub is GitHub as publish and promote ask it.
type hub struct {
	client *github.Client // nil: nobody to ask
	why    string         // why not
}

func (s *session) hub() hub {
	client, err := s.github()
	if err != nil {
		return hub{why: err.Error()}
	}
	return hub{client: client}
}
