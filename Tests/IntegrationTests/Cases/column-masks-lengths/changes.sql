INSERT INTO p VALUES (1,'aaaaa','ttttt','mmmmm');
INSERT INTO v VALUES (1,'aaaaa','bbb','a=>1','x y','a.b','[1,2)','10.0.0.0/8','08:00:2b:01:02:03');
INSERT INTO l VALUES (1,'\x0102030405','10101010','10101','1 day',1.5,1.5,1.5,'10:00','2024-01-01 00:00:00','(1,2)',1.5,1,1,1,'10:00:00+00','abc=>1');
INSERT INTO two VALUES (1,'a','b');
INSERT INTO arr VALUES (1,'{abcdef}','{abc}','{1,2}','{abcdefgh}');
INSERT INTO none VALUES (1,'a','\x01');
DELETE FROM l;
