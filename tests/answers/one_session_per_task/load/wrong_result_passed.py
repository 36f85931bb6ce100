# expect: NOT_YET, wrong object; Pass the function itself, without brackets
load_all = ["plan the party", "clean up"]
