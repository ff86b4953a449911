// Package faultproxy is a stand-in for faults that real servers cannot give on
// demand: a reverse proxy on loopback, for tests, in front of a real one (see
// internal/teststack).
//
//	proxy, err := faultproxy.New("http://127.0.0.1:4242", nil)
//	defer proxy.Close()
//	… a client of proxy.URL() …
//	proxy.Set(faultproxy.All(faultproxy.Hang()))        // from now on
//	proxy.Set(faultproxy.Rule{Path: digest, Fault: faultproxy.Flip()})
//	proxy.Set()                                         // all is well again
//
// Rules are replaced as a whole, at once. The first rule that fits a request
// counts, a request that none fits is passed on. A request that hangs goes by
// the new rules; one that is being answered slowly is cut.
//
// # Passing on
//
// Requests keep their Host header: what a client signed for the proxy's address
// (S3) is checked against that address. Answers are not decoded or compressed on
// the way. Faults that change a body ask the server for a whole one: conditions
// and compression are taken out of the request.
package faultproxy
