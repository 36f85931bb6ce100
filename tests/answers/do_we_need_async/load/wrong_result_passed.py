# expect: NOT_YET, wrong object; Pass the function itself, without brackets
load_all = ["task 1", "task 2"]
