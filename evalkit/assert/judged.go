package assert

// judged are the types that ask a model.
func judged() []kind { return nil }
