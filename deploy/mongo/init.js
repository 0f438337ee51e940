// Makes the replica set and datalek's user, once; run again it changes nothing
// but the password, which follows the secret.
// Run by mongosh --nodb in a container that ends when this is done.

const fs = require('fs');
const secret = (name) => fs.readFileSync('/run/secrets/' + name, 'utf8').trim();
const rootPassword = secret('mongo_root_password');
const hosts = ['mongo-1:27017', 'mongo-2:27017', 'mongo-3:27017'];

// The first member alone has the root user; the others must be empty to join.
const first = connect('mongodb://' + hosts[0] + '/admin?directConnection=true');
first.auth('root', rootPassword);
try {
  first.runCommand({ replSetGetStatus: 1 });
  print('the replica set stands');
} catch (e) {
  if (e.codeName !== 'NotYetInitialized') throw e;
  first.runCommand({
    replSetInitiate: { _id: 'datalek', members: hosts.map((host, i) => ({ _id: i, host })) },
  });
  print('the replica set was made');
}

const url = 'mongodb://root:' + encodeURIComponent(rootPassword) + '@' + hosts.join(',') +
  '/admin?replicaSet=datalek&serverSelectionTimeoutMS=60000';
const admin = connect(url);
const user = {
  pwd: secret('store_password'),
  roles: [{ role: 'readWrite', db: 'datalek' }],
};
if (admin.getUser('datalek')) {
  admin.updateUser('datalek', user, { w: 'majority' });
} else {
  admin.createUser({ user: 'datalek', ...user }, { w: 'majority' });
}
print('the user stands');
