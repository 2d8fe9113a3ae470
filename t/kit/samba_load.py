"""Fills a freshly provisioned Samba domain with people, in one transaction on its database.

Run by kit.samba as `python3 -m kit.samba_load SMB_CONF`, with LDIF on its standard input: Samba's own
modules hash the passwords, give each entry its SID and GUID, and refuse what a server would refuse.
With the file of a partition as well, the LDIF goes there as it is: for times in the past, which a
server refuses.
"""
import sys

import ldb
import samba.param
from samba.auth import system_session
from samba.samdb import SamDB


def opened(configuration, partition=None):
    if partition is not None:
        return ldb.Ldb(partition, flags=ldb.FLG_DONT_CREATE_DB, options=["modules:"])
    parameters = samba.param.LoadParm()
    parameters.load(configuration)
    return SamDB(session_info=system_session(), lp=parameters)


def main(*where):
    database = opened(*where)
    database.transaction_start()
    for operation, message in database.parse_ldif(sys.stdin.read()):
        if operation == ldb.CHANGETYPE_MODIFY:
            database.modify(message)
        else:
            database.add(message)
    database.transaction_commit()


if __name__ == "__main__":
    main(*sys.argv[1:])
