# expect: NOT_YET, wrong object; Pass the function itself, without brackets
responsive_report = "2000000"
