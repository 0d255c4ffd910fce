int cmd_rm(int c, char **v);
int cmd_rm(int c, char **v)
{
	(void)c;
	(void)v;
	return 0;
}
